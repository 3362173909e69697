import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { EXIT } from '../../src/domain/errors.ts'
import { AGENT_FILES, AGENTS } from '../../src/install/worker-parts.ts'
import { type Berth, berth } from '../fixtures/berth.ts'
import { anyEngine, rootfulEngines, type TestEngine } from '../fixtures/engines.ts'
import { type BuiltFamily, buildFamily } from '../fixtures/family-image.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'
import { BUILD_MS } from '../fixtures/worker-image.ts'

type Row = { readonly ref: string; readonly kind: string; readonly provider: string; readonly size: number }
type Listed = { readonly images: readonly (Row & { readonly versions: Record<string, string> })[] }
type Verified = { readonly ok: boolean; readonly checks: readonly { readonly name: string; readonly ok: boolean }[] }

const TOOLBOX = ['/opt/berth', '-maxdepth', '2']
const BUILDS = ['user', 'git', 'certificates', 'c', 'python', 'node', 'go']

const bench = ({ kind, endpoint }: TestEngine) => {
  const b: Berth = berth()
  const only = ['--engine', `${kind}=${endpoint}`]
  const engine = (...args: readonly string[]) =>
    execFileSync(kind, [kind === 'docker' ? '--host' : '--url', endpoint, ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    }).trim()
  const isThere = (ref: string): boolean => {
    try {
      engine('image', 'inspect', '--format', '{{.Id}}', ref)
      return true
    } catch {
      return false
    }
  }
  const image = (...args: readonly string[]) => b.run(['image', ...args, ...only])
  const verified = async (ref: string) => {
    const ran = await image('verify', ref, '--json')
    const { checks, ok } = JSON.parse(ran.stdout || '{}') as Verified
    return { code: ran.code, ok, failed: checks.filter((one) => !one.ok), names: checks.map(({ name }) => name) }
  }
  /** An image on another one, with more steps. */
  const derived = (tag: string, text: string) => {
    using folder = temporaryFolder()
    writeFileSync(folder.at('Dockerfile'), text)
    engine('build', '--tag', tag, folder.path)
  }
  return { b, only, engine, isThere, image, verified, derived }
}

describe.each(rootfulEngines())('the worker image on $name', (where) => {
  const own = `e2e-${process.pid}`
  const tag = `berth-worker:${own}`
  let built: BuiltFamily
  let b: Berth
  let t: ReturnType<typeof bench>
  beforeAll(async () => {
    t = bench(where)
    b = t.b
    built = await buildFamily(where, 'worker', '--tag', own)
  }, BUILD_MS)
  afterAll(async () => {
    if (t.isThere(tag)) t.engine('rmi', tag)
    await b.close()
  })

  test('a build must give it its tags, and ls its kind and versions', async () => {
    const [{ ref, tags } = { ref: '', tags: [] }] = built.images
    expect(tags).toEqual(expect.arrayContaining([expect.stringMatching(/^[0-9a-f]{12}$/), 'latest', own]))
    const { images } = await b.json<Listed>(['image', 'ls'])
    const { toolbox } = await b.json<{ toolbox: { agents: Record<string, string>; node: string; git: string } }>([
      'version',
    ])
    for (const name of [ref, tag]) {
      const row = images.find((one) => one.ref === name)
      expect(row).toMatchObject({ kind: 'worker', provider: 'all', size: expect.any(Number) })
      expect(row?.versions).toMatchObject({ ...toolbox.agents, node: toolbox.node, git: toolbox.git })
    }
  })

  test('a second build must make nothing, and its tag be one more name of the image', async () => {
    const again = await buildFamily(where, 'worker', '--tag', `${own}-b`)
    const second = `berth-worker:${own}-b`
    const ids = [tag, second].map((ref) => t.engine('image', 'inspect', '--format', '{{.Id}}', ref))
    expect(ids[0]).toBe(ids[1])
    expect(again.stderr).not.toContain('building')
    expect((await t.image('rm', second)).stdout).toContain(second)
    expect([t.isThere(second), t.isThere(tag)]).toEqual([false, true])
  })

  test('verify must show each CLI and a build in each language', async () => {
    const result = await t.verified(tag)
    expect(result).toMatchObject({ code: 0, ok: true, failed: [] })
    expect(result.names).toEqual([...BUILDS, 'claude', 'codex', 'gemini', 'opencode'])
  })

  test('a task must run in it as in any image', async () => {
    const ran = await b.run(['run', '--engine', where.flag, '--image', tag, '--agent', 'noop', '--no-repo', 'nothing'])
    expect(ran.code, ran.stderr).toBe(0)
  })

  test('rm must refuse an image that a container uses, and then remove none of those named', async () => {
    const name = `berth-${own}`
    const free = `${tag}-free`
    t.derived(free, `FROM ${tag}\nLABEL of=nobody\n`)
    t.engine('create', '--name', name, '--label', 'berth.managed=false', tag)
    const refused = await t.image('rm', free, tag)
    const left = [free, tag].map(t.isThere)
    t.engine('rm', name)
    t.engine('rmi', free)
    expect(refused.stderr).toContain(`${tag} is used by the container ${name}`)
    expect(refused.code).toBe(2)
    expect(left).toEqual([true, true])
  })
})

describe.each(anyEngine())('the family on $name', (where) => {
  const foreign = `berth-e2e-foreign:${process.pid}`
  let t: ReturnType<typeof bench>
  beforeAll(() => {
    t = bench(where)
    t.derived(foreign, 'FROM scratch\nLABEL a=b\n')
  })
  afterAll(async () => {
    t.engine('rmi', '--force', foreign)
    await t.b.close()
  })

  test(
    'base, agent and nested must do what they are for',
    async () => {
      const { images } = await buildFamily(where, 'base', 'agent', 'nested')
      const results = await Promise.all(images.map(({ ref }) => t.verified(ref)))
      expect(results.map(({ ok, names }) => [ok, names])).toEqual([
        [true, ['user', 'git', 'certificates']],
        [true, BUILDS],
        [true, [...BUILDS, 'nested']],
      ])
    },
    BUILD_MS,
  )

  test(
    'an image for one agent must have its CLI alone',
    async () => {
      const { images } = await buildFamily(where, 'worker', '--agent', 'opencode')
      const ref = images[0]?.ref ?? ''
      expect(ref).toMatch(/^berth-worker:[0-9a-f]{12}-opencode$/)
      expect(await t.verified(ref)).toMatchObject({ ok: true, names: [...BUILDS, 'opencode'] })
      const shown = t.engine('run', '--rm', '--network', 'none', '--entrypoint', 'find', ref, ...TOOLBOX)
      const named = shown.split('\n').filter((path) => AGENTS.some((agent) => path.includes(agent)))
      expect(named.sort()).toEqual((AGENT_FILES['opencode'] ?? []).map((file) => `/opt/berth/${file}`))
      const { images: listed } = JSON.parse((await t.b.run(['image', 'ls', '--json'])).stdout) as Listed
      expect(listed.find((one) => one.ref === ref)).toMatchObject({ kind: 'worker', provider: 'opencode' })
    },
    BUILD_MS,
  )

  test('verify must fail where a CLI has another version and a compiler is missing', async () => {
    const [{ ref: whole } = { ref: '' }] = (await buildFamily(where, 'worker')).images
    const broken = `berth-worker:e2e-${process.pid}-broken`
    const says = "RUN printf '#!/bin/sh\\necho 0.0.1\\n' >/opt/berth/bin/gemini"
    t.derived(broken, `FROM ${whole}\nUSER root\n${says}\nRUN rm /usr/bin/cc\nUSER agent\n`)
    const { code, ok, failed } = await t.verified(broken)
    expect((await t.image('rm', broken)).code).toBe(0)
    expect([code, ok, failed.map(({ name }) => name)]).toEqual([1, false, ['c', 'gemini']])
    expect(t.isThere(broken)).toBe(false)
  })

  test('verify must take nothing from the shell of an image onto the terminal, and leave no container of it', async () => {
    const [base] = (await buildFamily(where, 'base')).images
    const strange = `berth-base:e2e-${process.pid}-strange`
    const shell = String.raw`#!/bin/real\nprintf "ok\\t\\033[2Jname\\t\\033]0;t\\007said\\n"; exec tail -f /dev/null\n`
    const steps = `cp /bin/sh /bin/real && printf '${shell}' >/tmp/sh && chmod 755 /tmp/sh && mv /tmp/sh /bin/sh`
    t.derived(strange, `FROM ${base?.ref}\nUSER root\nRUN ${steps}\nUSER agent\n`)
    const containers = () => t.engine('ps', '--all', '--filter', `ancestor=${strange}`, '--format', '{{.Names}}')
    const interrupted = t.b.begin(['image', 'verify', strange, ...t.only])
    await expect.poll(containers, { timeout: 30_000 }).toMatch(/^berth-verify-[0-9a-f]{12}$/)
    interrupted.child.kill('SIGINT')
    const { code, stderr } = await interrupted.over
    expect(stderr).toContain('berth: the check was interrupted')
    expect(code).toBe(EXIT.stopped)
    // The engine removes it by itself, too: who asks second is answered before it is gone.
    await expect.poll(containers, { timeout: 30_000 }).toBe('')
    t.derived(strange, `FROM ${strange}\nUSER root\nRUN ["/bin/real", "-c", "sed -i s/exec.*// /bin/sh"]\nUSER agent\n`)
    const ran = await t.image('verify', strange)
    expect((await t.image('rm', strange)).code).toBe(0)
    expect([ran.code, ran.stdout]).toEqual([0, 'ok    name  said\n'])
  })

  test.each([
    ['verify', 'berth-worker:nowhere', 'no image berth-worker:nowhere here', 5],
    ['verify', foreign, `${foreign} is not an image of Berth`, 2],
    ['verify', '--privileged', "unknown option '--privileged'", 2],
    ['verify', 'Not An Image', 'Not An Image: not an image name', 2],
    ['rm', 'berth-worker:nowhere', 'no image berth-worker:nowhere here', 5],
    ['rm', foreign, `${foreign} is not an image of Berth`, 2],
    ['build', 'wroker', 'wroker: there is no such image (did you mean worker?)', 2],
    ['build', 'worker --agent nobody', '--agent nobody: there is no such agent', 2],
    ['build', 'worker --tag a:b', '--tag a:b: this is no tag', 2],
  ])('%s %s must be one clear error', async (verb, words, says, code) => {
    const ran = await t.image(verb, ...(verb === 'build' ? words.split(' ') : [words]))
    expect(ran.stderr).toContain(says)
    expect([ran.code, ran.stdout]).toEqual([code, ''])
    expect(t.isThere(foreign)).toBe(true)
  })
})
