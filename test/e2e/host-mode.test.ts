import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Berth, berth } from '../fixtures/berth.ts'
import { rootfulEngines } from '../fixtures/engines.ts'
import type { Step } from '../fixtures/model-server/scenario.ts'
import { type ModelServer, startModelServer } from '../fixtures/model-server/start-model-server.ts'
import { giveTo, ordinaryUser } from '../fixtures/ordinary-user.ts'
import { git } from '../fixtures/remotes/git.ts'
import { makeBare, makeWorkTree } from '../fixtures/remotes/make-repository.ts'
import { taskProcesses } from '../fixtures/task-processes.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'
import { KEY, type Workshop, workshop } from '../fixtures/workshop.ts'

/** Nobody is to be asked: an address where no engine is. */
const NO_ENGINE = { DOCKER_HOST: 'unix:///nonexistent/d.sock', CONTAINER_HOST: 'unix:///nonexistent/p.sock' }
const user = ordinaryUser()
const WHO = [
  { who: 'as the caller', options: {} },
  ...(user.other ? [{ who: 'as an ordinary user', options: { uid: user.uid, gid: user.gid } }] : []),
]

/** Every step of a task's life; gives what each command printed. */
const script = async (b: Berth, model: ModelServer, where: readonly string[]) => {
  const folder = temporaryFolder('berth-parity-')
  const bare = makeBare(folder.at('app.git'))
  const out: string[] = []
  let id = ''
  const run = async (...args: readonly string[]) => {
    const { code, stdout } = await b.run(args)
    out.push(`$ berth ${args.join(' ')}`, stdout, `exit ${code}`)
    return stdout.trim()
  }
  model.load({
    key: KEY,
    steps: [
      { text: 'a', shell: 'echo one > one.txt; cat one.txt' },
      { text: 'said one' },
      { text: 'b', shell: 'cat one.txt; echo two > two.txt; exit 3' },
      { text: 'said two' },
      { text: 'c', shell: 'sleep 600' },
    ],
  })
  const first = ['--repo', `file://${bare}`, '--branch', 'main', '--base-url', model.url, '--name', 'parity']
  id = await run('start', ...where, ...first, 'first prompt')
  await run('wait', id)
  await run('send', id, 'second prompt')
  await run('wait', id)
  await run('send', id, 'third prompt')
  await b.until(id, (event) => event.type === 'agent.tool.start' && event.turn === 3)
  await run('exec', id, '--', 'sh', '-c', 'cat one.txt two.txt; exit 4')
  await run('stop', id)
  for (const verb of ['status', 'log', 'ls', 'diff', 'archive', 'status', 'ls', 'unarchive', 'rm', 'ls'])
    await run(verb, ...(verb === 'ls' ? ['-a'] : [id]))
  folder[Symbol.dispose]()
  return (
    out
      .join('\n')
      .split('\n')
      .filter((line) => !/^\[container|^engine +|WARNING: proceeding|ERROR codex_core::session/.test(line))
      .join('\n')
      .replaceAll(b.home, 'HOME')
      .replaceAll(basename(folder.path), 'FOLDER')
      .replaceAll(where.join(' '), 'WHERE')
      .replaceAll(id, 'TASK')
      .replace(/codex on \w+/g, 'codex on ENGINE')
      .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'SESSION')
      .replace(/http:\/\/127\.0\.0\.1:\d+/g, 'MODEL')
      .replace(/\b[0-9a-f]{7,40}\b/g, 'SHA')
      .replace(/ +\d+(ms|s|m)\b/g, ' TIME')
      // On a host the container's id is its name. Only what took a second says how long.
      .replace(/(berth-TASK-\d+-\d+), [^,\n]+,/g, '$1, ID,')
      .replace(/^( +failed) after TIME$/gm, '$1')
  )
}

describe('the same script in both modes', () => {
  const engine = rootfulEngines()[0]
  let model: ModelServer
  const berths: Berth[] = []
  beforeAll(async () => {
    model = await startModelServer()
  })
  afterAll(async () => {
    for (const b of berths) await b.close()
    await model.close()
  })

  test('prints the same', async () => {
    const made = (env: Readonly<Record<string, string>> = {}) => {
      const b = berth({ env })
      berths.push(b)
      return b
    }
    const inside = await script(made(), model, ['--engine', engine?.flag ?? 'docker'])
    const outside = await script(made(NO_ENGINE), model, ['--isolation', 'host'])
    expect(outside).toBe(inside)
    expect(inside).toContain('said two')
    expect(inside).toContain('exit 4')
  })
})

describe.each(WHO)('a task on the host, $who', ({ options }) => {
  let shop: Workshop
  const folder = temporaryFolder('berth-host-e2e-')
  const bare = makeBare(folder.at('project.git'))
  const local = makeWorkTree(folder.at('local'))
  beforeAll(async () => {
    if ('uid' in options) giveTo(folder.path, user)
    shop = await workshop('docker', { ...options, env: NO_ENGINE })
  })
  afterAll(async () => {
    await shop.close()
    folder[Symbol.dispose]()
  })
  const host = (...args: readonly string[]) => ['--isolation', 'host', ...args]
  const outputOf = async (id: string) =>
    (await shop.b.events(id)).flatMap((event) => (event.type === 'agent.tool.end' ? [event.output] : [])).join('')

  test('from a prompt to a pushed branch; it is said that there is no sandbox; nothing is left', async () => {
    const args = host('--repo', `file://${bare}`, '--branch', 'main')
    const ran = await shop.job({ args, shell: 'echo made > made.txt; pwd; id -u' })
    expect(ran).toMatchObject({ code: 0, stderr: expect.stringContaining('on the host without a sandbox') as string })
    const trust = { env: { GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'safe.directory', GIT_CONFIG_VALUE_0: '*' } }
    expect(git(bare, ['show', `berth/${ran.id}:made.txt`], trust)).toBe('made')
    const uid = 'uid' in options ? options.uid : process.getuid?.()
    expect(await outputOf(ran.id)).toBe(`${shop.b.home}/tasks/${ran.id}/workspace\n${uid}\n`)
    await shop.b.until(ran.id, ({ type }) => type === 'container.removed')
    expect(await shop.b.status(ran.id)).toMatchObject({ state: 'done', isolation: 'host', engine: 'host', clean: true })
    expect(await taskProcesses(ran.id).left()).toEqual([])
    expect(readdirSync(join(shop.b.home, 'host'))).toEqual([])
    expect(await shop.b.run(['rm', ran.id])).toMatchObject({ code: 0 })
    expect(existsSync(join(shop.b.home, 'tasks', ran.id))).toBe(false)
  })

  test('the agent’s environment is clean: its own home, what --env names, no key', async () => {
    const callerEnv = { SECRET_OF_MINE: 'hush', WANTED: 'yes', ANTHROPIC_API_KEY: 'sk-other' }
    const ran = await shop.job({
      args: host('--env', 'WANTED', '--host-permissive'),
      shell: 'tr "\\0" "\\n" </proc/$PPID/environ | cut -d= -f1 | sort | tr "\\n" " "; echo; echo "$HOME $WANTED"',
      callerEnv,
    })
    const [names, rest] = (await outputOf(ran.id)).split('\n')
    const own = ['BERTH_MODEL_KEY', 'BERTH_TASK', 'HOME', 'LANG', 'NO_COLOR', 'PATH', 'USER', 'WANTED']
    expect(
      names
        ?.trim()
        .split(' ')
        .filter((name) => !name.startsWith('CODEX')),
    ).toEqual(own)
    expect(rest).toBe(`${shop.b.home}/tasks/${ran.id}/home yes`)
    const text = readFileSync(join(shop.b.home, 'tasks', ran.id, 'plan.json'), 'utf8')
    expect(text).not.toContain(KEY)
  })

  test('a free hand only by --host-permissive; without it the CLI’s own sandbox holds', async () => {
    // Its own sandbox lets everybody write below /tmp.
    using outside = temporaryFolder('berth-outside-', '/var/tmp')
    if ('uid' in options) giveTo(outside.path, user)
    const shell = `touch ${outside.at('mark')} 2>/dev/null && echo wrote || echo refused`
    const bound = await shop.job({ args: host(), shell })
    expect(await outputOf(bound.id)).toBe('refused\n')
    expect(existsSync(outside.at('mark'))).toBe(false)
    const argv = async (id: string) =>
      JSON.parse(readFileSync(join(shop.b.home, 'tasks', id, 'plan.json'), 'utf8')).order.run.argv as string[]
    expect(await argv(bound.id)).toEqual(expect.arrayContaining(['-s', 'workspace-write']))
    expect((await argv(bound.id)).join(' ')).not.toContain('bypass')
    const free = await shop.job({ args: host('--host-permissive'), shell })
    expect(await outputOf(free.id)).toBe('wrote\n')
    expect((await argv(free.id)).join(' ')).toContain('--dangerously-bypass-approvals-and-sandbox')
    expect((await argv(free.id)).join(' ')).not.toContain('workspace-write')
    expect((await shop.b.status(free.id)).warnings.join()).toContain('--host-permissive')
  })

  test('send, resume and fork go on in the session, on the host, and say so; files go with a prompt', async () => {
    const { b, model } = shop
    writeFileSync(join(b.folder, 'notes.txt'), 'the notes\n')
    const play = (...steps: readonly Step[]) => {
      model.reset()
      model.load({ key: KEY, steps: [...steps, { text: 'over' }] })
    }
    const outputs = async (id: string) =>
      (await b.events(id)).flatMap((event) => (event.type === 'agent.tool.end' ? [event.output.trim()] : []))
    const heard = () => model.requests.map(({ text = '' }) => text).join('\n')
    const says = { code: 0, stderr: expect.stringContaining('on the host without a sandbox') as string }
    const args = host('--repo', `file://${bare}`, '--branch', 'main', '--file', join(b.folder, 'notes.txt'))

    const first = await shop.job({
      args,
      shell: `cat ${b.home}/tasks/*/exchange/*/files/notes.txt; echo one > one.txt`,
    })
    expect(first.code).toBe(0)
    expect(await outputs(first.id)).toEqual(['the notes'])
    const { session } = await b.status(first.id)

    play({ text: 'b', shell: `cat one.txt ${b.home}/tasks/*/exchange/*/files/notes.txt; echo two > two.txt` })
    const file = ['--file', join(b.folder, 'notes.txt')]
    expect(await b.run(['send', first.id, ...file, 'second prompt'])).toMatchObject(says)
    expect(await b.run(['wait', first.id])).toMatchObject({ code: 0 })
    expect((await outputs(first.id)).at(-1)).toBe('one\nthe notes')
    expect(heard()).toContain('do the work')
    expect(await b.status(first.id)).toMatchObject({ session, isolation: 'host' })

    play({ text: 'c', shell: 'ls; echo three > three.txt' })
    const ran = await b.run(['fork', first.id, '--turn', '1', 'third prompt'])
    expect(ran).toMatchObject(says)
    const fork = ran.stdout.trim()
    expect(await b.run(['wait', fork])).toMatchObject({ code: 0 })
    expect(await outputs(fork)).toEqual([expect.stringMatching(/\bone\.txt$/)])
    expect(heard()).toContain('do the work')
    expect(heard()).not.toContain('second prompt')
    expect(await b.status(fork)).toMatchObject({ session, isolation: 'host', fork: { task: first.id, turn: 1 } })

    play({ text: 'd', shell: 'sleep 600' })
    await b.run(['send', fork, 'fourth prompt'])
    await b.until(fork, (event) => event.type === 'agent.tool.start' && event.turn === 2)
    expect((await b.run(['stop', fork])).code).toBe(0)
    play({ text: 'e', shell: 'cat one.txt' })
    expect(await b.run(['resume', fork])).toMatchObject(says)
    expect(await b.run(['wait', fork])).toMatchObject({ code: 0 })
    expect((await outputs(fork)).at(-1)).toBe('one')
    expect(await b.run(['rm', first.id, fork])).toMatchObject({ code: 0 })
  })

  test('a folder of one’s own is worked on itself, or copied', async () => {
    const args = host('--repo', local, '--source', 'mount')
    const mounted = await shop.job({ args, shell: 'echo mounted > m.txt; pwd' })
    expect(mounted.code).toBe(0)
    expect(await outputOf(mounted.id)).toBe(`${local}\n`)
    expect(statSync(join(local, 'm.txt')).uid).toBe('uid' in options ? options.uid : process.getuid?.())
    const copied = await shop.job({ args: host('--repo', local, '--source', 'copy'), shell: 'echo copied > c.txt' })
    expect(copied.code).toBe(0)
    expect((await shop.b.run(['diff', copied.id])).stdout).toContain('+copied')
    expect(existsSync(join(local, 'c.txt'))).toBe(false)
  })
})
