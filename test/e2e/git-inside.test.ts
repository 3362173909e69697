import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { agentBench } from '../fixtures/agent-bench.ts'
import { anyEngine, rootfulEngines, type TestEngine } from '../fixtures/engines.ts'
import { git } from '../fixtures/remotes/git.ts'
import { makeBare } from '../fixtures/remotes/make-repository.ts'
import { type HttpRemote, startHttpRemote } from '../fixtures/remotes/start-http-remote.ts'
import { shellImage } from '../fixtures/shell-image.ts'
import { TEST_AGENTS } from '../fixtures/test-agents.ts'
import { type Workshop, workshop } from '../fixtures/workshop.ts'

const SSH = 'git ls-remote git@forge.invalid:team/other.git'
const NO_SSH = 'ssh has no way out of this sandbox'

type Said = { readonly text: string; readonly code: number }

/** What the agent's git says to each of these commands, by their names. */
const script = (commands: Readonly<Record<string, string>>): string =>
  Object.entries(commands)
    .map(([name, command]) => `(${command}) > ${name}.said 2>&1 < /dev/null; echo $? > ${name}.code`)
    .join('\n')

const commandsFor = (url: string) => {
  const sibling = url.replace(/\.git$/, '-tools.git')
  const plain = url.replace(/\.git$/, '')
  const module = (address: string, path: string) =>
    [
      'cd /tmp/copy',
      `git config -f .gitmodules submodule.${path}.path ${path}`,
      `git config -f .gitmodules submodule.${path}.url ${address}`,
      `git update-index --add --cacheinfo 160000,$(git rev-parse HEAD),${path}`,
      `git submodule update --init ${path}`,
    ].join(' && ')
  return {
    remotes: 'git remote -v',
    fetch: 'git update-ref -d refs/remotes/origin/main && git fetch origin && git rev-parse origin/main',
    list: 'git ls-remote origin',
    pull: 'git pull origin main',
    address: `git fetch ${url} main && git fetch ${plain} main`,
    shallow: `git clone --depth 1 ${url} /tmp/copy && git -C /tmp/copy fetch`,
    push: 'git push origin HEAD:main',
    pushed: `git push ${url} HEAD:main`,
    sibling: `git ls-remote ${sibling}`,
    second: `git remote add second ${sibling} && git fetch second`,
    ssh: SSH,
    cut: 'git fetch --depth 1 origin',
    module: module('../project.git', 'same'),
    other: module('../project-tools.git', 'tools'),
  }
}
type Name = keyof ReturnType<typeof commandsFor>

/** One task, whose agent runs all of them and keeps what was said. */
const runAll = async (shop: Workshop, remote: HttpRemote, args: readonly string[]) => {
  const commands = commandsFor(remote.url)
  const ran = await shop.job({ args: ['--repo', remote.url, ...args], shell: script(commands) })
  expect(ran, ran.stderr).toMatchObject({ code: 0 })
  const read = (name: string) => git(remote.bare, ['show', `berth/${ran.id}:${name}`])
  const names = Object.keys(commands) as Name[]
  const said = names.map((name) => [name, { text: read(`${name}.said`), code: Number(read(`${name}.code`)) }] as const)
  return Object.fromEntries(said) as Readonly<Record<Name, Said>>
}

const images = (engine: TestEngine) => [
  { which: 'with a git of its own', open: () => ({ args: [] as string[], close: () => {} }) },
  {
    which: 'without git',
    open: () => {
      const image = shellImage(engine, `berth-e2e-git:${process.pid}`)
      return { args: ['--image', image.tag], close: () => image[Symbol.dispose]() }
    },
  },
]

const cases = anyEngine().flatMap((engine) => images(engine).map((image) => ({ ...engine, ...image })))

describe.each(cases)('git inside a sandbox on $name, in an image $which', ({ flag, open }) => {
  let shop: Workshop
  let remote: HttpRemote
  let close: () => void
  let said: Awaited<ReturnType<typeof runAll>>
  let head: string
  beforeAll(async () => {
    shop = await workshop(flag)
    remote = await startHttpRemote()
    makeBare(join(dirname(remote.bare), 'project-tools.git'), { 'tool.txt': 'a tool\n' })
    head = git(remote.bare, ['rev-parse', 'main'])
    const image = open()
    close = image.close
    said = await runAll(shop, remote, image.args)
  })
  afterAll(async () => {
    await shop.close()
    await remote.close()
    close()
  })

  test('fetch, pull and ls-remote of origin must work without a network', () => {
    expect(said.fetch).toEqual({ code: 0, text: expect.stringContaining(head) })
    expect(said.pull).toEqual({ code: 0, text: expect.stringContaining('Already up to date') })
    expect(said.list).toEqual({ code: 0, text: `${head}\tHEAD\n${head}\trefs/heads/main` })
  })

  test('the address of origin must be served where it is typed, and cloned', () => {
    expect(said.address).toMatchObject({ code: 0 })
    expect(said.shallow).toMatchObject({ code: 0 })
    expect(said.cut).toMatchObject({ code: 0 })
  })

  test('the list of remotes must show the address as it is', () => {
    const lines = said.remotes.text.split('\n').filter((line) => line.startsWith('origin'))
    expect(lines).toEqual([`origin\t${remote.url} (fetch)`, `origin\t${remote.url} (push)`])
  })

  test('a push must be refused with the sentence that says when Berth pushes', () => {
    const refused = {
      code: 128,
      text: expect.stringContaining("Berth pushes the task's commits at the end of the turn"),
    }
    expect(said.push).toEqual(refused)
    expect(said.pushed).toEqual(refused)
    expect(git(remote.bare, ['rev-parse', 'main'])).toBe(head)
  })

  test('a sibling whose address begins the same must not be served, nor a second remote', () => {
    const refused = { code: 128, text: expect.stringContaining(remote.url.replace(/\.git$/, '-tools.git')) }
    expect(said.sibling).toEqual(refused)
    expect(said.second).toEqual(refused)
  })

  test('another ssh address must be refused with the reason', () => {
    expect(said.ssh).toEqual({ code: 128, text: expect.stringContaining(NO_SSH) })
  })

  test('a submodule must be served if it is origin itself, and not if it is a sibling', () => {
    expect(said.module).toMatchObject({ code: 0 })
    expect(said.other).toEqual({ code: 1, text: expect.stringContaining('project-tools.git') })
  })
})

/** Its shell tool hides git's configuration from the commands. */
const gemini = TEST_AGENTS.filter(({ id }) => id === 'gemini')
const geminiCases = rootfulEngines()
  .slice(0, 1)
  .flatMap((engine) => gemini.map((agent) => ({ ...engine, agent })))

describe.each(geminiCases)('git of an agent that hides the configuration, on $name', ({ agent, ...engine }) => {
  const t = agentBench(engine, agent)

  test('fetch of origin must work, and ssh be refused with the reason', async () => {
    const commands = { fetch: 'git update-ref -d refs/remotes/origin/main; git fetch origin', ssh: SSH }
    const { code, id } = await t.run({ steps: [{ shell: script(commands) }] }, ['--model', agent.model])
    expect(code).toBe(0)
    const read = (name: string) => git(t.remote.bare, ['show', `berth/${id}:${name}`])
    expect(read('fetch.said')).toContain('origin/main')
    expect(read('ssh.said')).toContain(NO_SSH)
  })
})
