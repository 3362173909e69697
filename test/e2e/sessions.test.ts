import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { stateFile } from '../../src/domain/state-file.ts'
import type { TaskRecord } from '../../src/domain/task.ts'
import { engineRequest } from '../fixtures/engine-request.ts'
import { anyEngine } from '../fixtures/engines.ts'
import { libraryIn } from '../fixtures/library.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'
import { testBench } from '../fixtures/test-bench.ts'
import { leftOnEngine } from '../fixtures/whole/left-on-engine.ts'

type Report = { readonly id: string; readonly task: string; readonly state: string; readonly result: string }

const stateIn = (out: string, name: string) =>
  stateFile.parse(JSON.parse(readFileSync(`${out}/${name}/state.json`, 'utf8')))

/** Other tests run on the same engine. */
const OWNER = `ann-${randomUUID()}`
const OF_THE_MOMENT = { updatedAt: expect.any(String), phase: expect.any(String) }

describe.each(anyEngine())('sessions of a manifest on $name', ({ flag, endpoint }) => {
  const t = testBench('test')
  const library = libraryIn(() => t.b)
  /** A manifest of two sessions that work until they are stopped. */
  const manifest = (folder: ReturnType<typeof temporaryFolder>) => {
    const path = folder.at('release.toml')
    const defaults = `engine = "${flag}"\nrepo = "${t.remote.url}"\nbranch = "main"\nbase-url = "${t.model.url}"\nowner = "${OWNER}"\n`
    writeFileSync(folder.at('plan.env'), 'PLAN_TOKEN=canary-plan\n')
    writeFileSync(folder.at('build.env'), 'BUILD_TOKEN=canary-build\n')
    const plan = '[[sessions]]\nid = "plan"\nrole = "planner"\nenv-file = "plan.env"\ntags = ["night", "one"]\n'
    const build =
      '[[sessions]]\nid = "build-{n}"\nrole = "builder"\nenv-file = "build.env"\noperator-contact = "ann@example.org"\n'
    writeFileSync(path, `[defaults]\n${defaults}prompt = "work"\n${plan}${build}`)
    return path
  }
  const edit = (path: string, from: string, to: string) =>
    writeFileSync(path, readFileSync(path, 'utf8').replace(from, to))
  const session = async (verb: string, path: string, ...args: readonly string[]) => {
    const ran = await t.b.run(['session', verb, '-f', path, '--json', ...args])
    expect({ code: ran.code, stderr: ran.stderr }).toEqual({ code: 0, stderr: '' })
    return (JSON.parse(ran.stdout) as { sessions: readonly Report[] }).sessions
  }
  const containers = (...label: readonly string[]) =>
    engineRequest<readonly { readonly Labels: Record<string, string> }[]>(
      endpoint,
      'GET',
      `/containers/json?all=true&filters=${encodeURIComponent(JSON.stringify({ label }))}`,
    )
  /** The engine's own words of a container. */
  const inspect = (id: string) =>
    engineRequest<{
      readonly Config: { readonly Labels: Record<string, string>; readonly Env: readonly string[] }
      readonly Mounts: readonly { readonly Source: string; readonly Destination: string; readonly RW: boolean }[]
    }>(endpoint, 'GET', `/containers/${id}/json`)

  /** The files of --output say of both sessions what the engine says, and come again if they are removed. */
  const expectFiles = async (out: string, tasks: Readonly<Record<string, string | undefined>>) => {
    const states = () => ['planner/plan', 'builder/build-1'].map((name) => stateIn(out, name))
    await expect.poll(() => states().map(({ phase }) => phase), { timeout: 60_000 }).toEqual(['agent', 'agent'])
    const [plan, build] = states()
    expect([plan, build]).toMatchObject([
      { task: tasks['plan'], session: 'plan', role: 'planner', owner: OWNER, state: 'running', tags: ['night', 'one'] },
      { task: tasks['build'], session: 'build-1', role: 'builder', operatorContact: 'ann@example.org' },
    ])
    expect(plan?.workspace).not.toBe(build?.workspace)
    for (const [state, own, others] of [
      [plan, 'PLAN_TOKEN', 'BUILD_TOKEN'],
      [build, 'BUILD_TOKEN', 'PLAN_TOKEN'],
    ] as const) {
      const { Config, Mounts } = await inspect(state?.container?.id ?? '')
      expect(Config.Labels).toMatchObject({ 'berth.task': state?.task, 'berth.session': state?.session })
      expect(state?.env).toContain(own)
      expect(state?.env).not.toContain(others)
      for (const { source, target, readOnly } of state?.mounts ?? [])
        expect(Mounts).toContainEqual(expect.objectContaining({ Source: source, Destination: target, RW: !readOnly }))
      expect(state?.mounts.map(({ source }) => source)).toContain(state?.workspace)
    }
    // The model has one answer, for the session that asks first.
    const transcripts = () => [plan, build].map((state) => readFileSync(state?.transcript ?? '', 'utf8')).join('')
    await expect.poll(transcripts, { timeout: 60_000 }).toContain('it has ***')
    expect(transcripts()).not.toContain('canary')
    rmSync(out, { recursive: true })
    const supervisor = await t.b.supervisor()
    if (supervisor !== null) process.kill(supervisor, 'SIGKILL')
    await t.b.run(['ls'])
    await expect.poll(() => existsSync(`${out}/planner/plan/transcript.ndjson`)).toBe(true)
    expect(stateIn(out, 'planner/plan')).toMatchObject({ ...plan, ...OF_THE_MOMENT })
  }

  const tasks = async () => (await t.b.json<{ tasks: TaskRecord[] }>(['ls', '-a'])).tasks

  test('must be started once, found by their labels on the engine itself, and stopped without a trace', async () => {
    using folder = temporaryFolder()
    const path = manifest(folder)
    const shell = 'echo "it has $PLAN_TOKEN$BUILD_TOKEN"; echo one > one.txt'
    t.model.load({ steps: [{ text: 'a', shell }], after: { hang: 'head' } })
    expect((await session('start', path, '--dry-run')).map(({ result }) => result)).toEqual(['planned', 'planned'])
    expect(await tasks()).toEqual([])

    const out = folder.at('out')
    const first = await session('start', path, '--output', out)
    expect(first.map(({ id, result }) => [id, result])).toEqual([
      ['plan', 'created'],
      ['build-1', 'created'],
    ])
    const [plan, build] = first.map(({ task }) => task)
    await expect.poll(() => containers(`berth.owner=${OWNER}`), { timeout: 60_000 }).toHaveLength(2)
    const [planner] = await containers('berth.session=plan', `berth.owner=${OWNER}`)
    expect(planner?.Labels).toMatchObject({
      'berth.task': plan,
      'berth.managed': 'true',
      'berth.provider': 'codex',
      'berth.role': 'planner',
      'berth.owner': OWNER,
      'berth.manifest': 'release',
    })
    await expectFiles(out, { plan, build })
    expect(await session('status', path)).toMatchObject([
      { id: 'plan', role: 'planner', owner: OWNER, task: plan, branch: `berth/${plan}`, question: null },
      { id: 'build-1', role: 'builder', owner: OWNER, task: build },
    ])

    expect((await session('start', path)).map(({ task, result }) => [task, result])).toEqual([
      [plan, 'unchanged'],
      [build, 'unchanged'],
    ])
    edit(path, 'role = "builder"', 'role = "tester"')
    const changed = await t.b.run(['session', 'start', '-f', path])
    expect(changed).toMatchObject({ code: 2, stdout: '' })
    expect(changed.stderr).toContain(`session 2 (build-1): its task ${build} was started with other content`)
    expect(await tasks()).toHaveLength(2)

    expect((await t.b.run(['stop', '--role', 'planner', '--now'])).stdout).toBe(`${plan} stopped\n`)
    expect(stateIn(out, 'planner/plan')).toMatchObject({ state: 'stopped', container: null })
    expect((await t.b.run(['session', 'stop', '-f', path, '--now'])).stdout).toBe(`${build} stopped\n`)
    expect((await t.b.run(['rm', '--force', '--session', 'build-1'])).stdout).toBe(`${build}\n`)
    expect((await session('start', path)).map(({ result }) => result)).toEqual(['unchanged', 'created'])
    expect((await t.b.run(['stop', '--owner', OWNER, '--now'])).code).toBe(0)
    expect((await t.b.run(['rm', '--force', '--owner', OWNER])).code).toBe(0)
    expect(await containers(`berth.owner=${OWNER}`)).toEqual([])
    expect(await leftOnEngine(endpoint, [plan ?? '', build ?? ''])).toEqual([])
  })

  test('must not start at all if one of them cannot', async () => {
    using folder = temporaryFolder()
    const path = manifest(folder)
    edit(path, 'role = "builder"', 'branch = "mian"')
    const ran = await t.b.run(['session', 'start', '-f', path])
    expect(ran).toMatchObject({ code: 2, stdout: '' })
    expect(ran.stderr).toMatch(/^berth: session 2 \(build-1\): .*mian/)
    expect(await tasks()).toEqual([])
  })

  test('must wait for another session, and get its result', async () => {
    using folder = temporaryFolder()
    const path = manifest(folder)
    edit(path, 'role = "builder"', 'after = "plan"\nprompt = "Do this: {{results.plan.text}}"')
    t.model.load({
      steps: [{ text: 'the plan is to whistle' }, { contains: 'the plan is to whistle', text: 'whistled' }],
    })
    const [plan, build] = await session('start', path, '--wait')
    expect([plan?.state, build?.state]).toEqual(['done', 'done'])
    expect((await t.b.run(['log', build?.task ?? ''])).stdout).toContain('whistled')
  })

  test('must be waited for with the exit code of a failure', async () => {
    using folder = temporaryFolder()
    const path = manifest(folder)
    t.model.load({ steps: [{ text: 'done with it' }] })
    const [plan] = await session('start', path, '--only', 'plan', '--wait')
    expect(plan).toMatchObject({ id: 'plan', state: 'done' })
    edit(path, 'role = "builder"', 'turn-timeout = "1s"')
    t.model.load({ steps: [], after: { hang: 'head' } })
    const ran = await t.b.run(['session', 'start', '-f', path, '--wait'])
    expect(ran.code).toBe(1)
    expect(ran.stdout).toContain(' failed\n')
    const again = await t.b.run(['session', 'resume-all', '-f', path])
    expect(again.stdout).toMatch(/^t-\w+ \w+\n$/)
  })

  test('must be started by a program, once, with what the command shows of them', async () => {
    t.model.load({ steps: [{ text: 'a plan' }, { contains: 'a plan', text: 'built' }] })
    await using b = await library.berth()
    const place = { engine: flag, repo: t.remote.url, branch: 'main', baseUrl: t.model.url }
    const sessions = [
      { id: 'plan', role: 'planner', prompt: 'plan it', ...place },
      { id: 'build', after: 'plan', prompt: 'Do {{results.plan.text}}', ...place },
    ]
    const start = () => b.sessions({ manifest: 'program', sessions })
    await expect(b.sessions({ manifest: 'program', sessions: [...sessions, ...sessions] })).rejects.toThrow(/id/)
    expect(await b.list({ all: true })).toEqual([])
    const first = await start()
    expect(first.map(({ id, result }) => [id, result])).toEqual([
      ['plan', 'created'],
      ['build', 'created'],
    ])
    expect((await first[1]?.task?.wait())?.result).toBe('done')
    const again = await start()
    expect(again.map(({ result, task }) => [result, task?.id])).toEqual(
      first.map(({ task }) => ['unchanged', task?.id]),
    )
    expect(await t.b.status(first[0]?.task?.id ?? '')).toMatchObject({
      labels: { 'berth.manifest': 'program', 'berth.session': 'plan', 'berth.role': 'planner' },
    })
  })
})
