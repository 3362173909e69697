import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { git } from '../../test/fixtures/remotes/git.ts'
import { makeBare } from '../../test/fixtures/remotes/make-repository.ts'
import { startHttpRemote } from '../../test/fixtures/remotes/start-http-remote.ts'
import { temporaryFolder } from '../../test/fixtures/temporary-folder.ts'
import { findProgram } from '../std/find-program.ts'
import { plain } from '../views/style.ts'
import type { ExitRecord } from './exit-record.ts'
import { standalone } from './standalone.ts'

const KEY = 'sk-key-of-the-unit-test'
const PATH = process.env['PATH'] ?? ''

let folder: ReturnType<typeof temporaryFolder>
let bare: string
let said: string[]
let printed: string[]
beforeEach(() => {
  folder = temporaryFolder()
  bare = makeBare(folder.at('app.git'))
  said = []
  printed = []
  for (const name of ['work', 'home', 'toolbox/bin']) mkdirSync(folder.at(name), { recursive: true })
  symlinkSync(findProgram(PATH, 'git') ?? '', folder.at('toolbox/bin/git'))
})
afterEach(() => folder[Symbol.dispose]())

/** A script in the place of Codex. */
const cli = (script: string) => {
  writeFileSync(folder.at('toolbox/bin/codex'), `#!/bin/sh\n${script}\n`)
  chmodSync(folder.at('toolbox/bin/codex'), 0o755)
}
const DONE = `echo '{"type":"item.completed","item":{"id":"i","type":"agent_message","text":"I am done."}}'
echo '{"type":"turn.completed","usage":{"input_tokens":1,"cached_input_tokens":0,"output_tokens":1}}'`

const run = (env: Readonly<Record<string, string>>, stop = new AbortController()) =>
  standalone({
    env: { PATH, REPO_URL: `file://${bare}`, PROMPT: 'Do it', OPENAI_API_KEY: KEY, RUN_NAME: 'run', ...env },
    places: {
      work: folder.at('work'),
      source: folder.at('none'),
      toolbox: folder.at('toolbox'),
      home: folder.at('home'),
    },
    stop: { stop: stop.signal, kill: new AbortController().signal },
    hasTerminal: false,
    style: plain,
    print: (line) => printed.push(line) > 0,
    drained: () => {},
    complain: (line) => said.push(line),
    now: () => new Date(),
  })
const exit = () => JSON.parse(readFileSync(folder.at('work/out/exit.json'), 'utf8')) as ExitRecord
const output = (name: string) => readFileSync(folder.at('work/out', name), 'utf8')

test('the prompt goes to the CLI, its words to the caller, and no key into the log', async () => {
  cli(`cat >got; echo "key $BERTH_MODEL_KEY" >&2; ${DONE}`)
  expect(await run({})).toBe(0)
  expect(readFileSync(folder.at('work/repo/got'), 'utf8')).toBe('Do it')
  expect(printed).toContain('* I am done.')
  expect(output('run.log')).toContain('key ***')
  expect(output('summary.md')).toContain('\nI am done.\n')
  expect(output('summary.md')).toContain(' got (new, not committed)')
  expect(exit()).toMatchObject({ exitCode: 0, class: 'done', provider: 'codex', run: 'run' })
})

test('a token alone in the address opens the repository, and is nowhere else', async () => {
  cli(`echo "address $REPO_URL" >&2; ${DONE}`)
  const token = 'tok-canary-0123456789abcdef'
  const remote = await startHttpRemote({ login: { user: token, password: '' } })
  try {
    expect(await run({ REPO_URL: remote.url.replace('http://', `http://${token}@`) })).toBe(0)
  } finally {
    await remote.close()
  }
  expect(exit().repository?.url).toBe(remote.url)
  expect(output('run.log')).toContain(`address ${remote.url}\n`)
  expect([...said, ...printed].join('\n')).not.toContain(token)
  expect(spawnSync('grep', ['-r', token, folder.at('work')]).status).toBe(1)
})

test('the only CLI of an image is taken where none is named', async () => {
  writeFileSync(folder.at('toolbox/bin/claude'), '#!/bin/sh\nexit 3\n')
  chmodSync(folder.at('toolbox/bin/claude'), 0o755)
  expect(await run({ ANTHROPIC_API_KEY: KEY })).toBe(1)
  expect(exit()).toMatchObject({ exitCode: 1, class: 'agent', provider: 'claude' })
})

test('an agent that fails is 1, and its work is not pushed', async () => {
  cli('echo made >made; exit 7')
  expect(await run({ PUSH: '1' })).toBe(1)
  expect(exit()).toMatchObject({ class: 'agent', pushed: null })
  expect(git(bare, ['branch', '--list', 'berth/*'])).toBe('')
})

test('what is pushed are the commits of the agent and one of what it left; a refused push is told', async () => {
  cli(`git commit -q --allow-empty -m own; echo made >made; ${DONE}`)
  expect(await run({ PUSH: 'main' })).toBe(0)
  expect(git(bare, ['log', '--format=%s|%an', '-2', 'main'])).toBe('Do it|Berth agent\nown|Berth agent')
  writeFileSync(join(bare, 'hooks/pre-receive'), '#!/bin/sh\necho no >&2; exit 1\n', { mode: 0o755 })
  expect(await run({ PUSH: 'main', RUN_NAME: 'second' })).toBe(1)
  expect(exit()).toMatchObject({ class: 'push', reason: expect.stringContaining('pushed to main') })
})

test('work that is none is not pushed', async () => {
  cli(DONE)
  expect(await run({ PUSH: '1' })).toBe(0)
  expect(said).toContain('berth: nothing to push: the agent changed nothing')
})

test('a signal ends agent and run, and its number is in the exit code', async () => {
  cli('trap "exit 0" INT; echo made >made; echo started >&2; sleep 60 & wait')
  const stop = new AbortController()
  const running = run({}, stop)
  await expect.poll(() => printed.join()).toContain('started')
  stop.abort('SIGINT')
  expect(await running).toBe(130)
  expect(exit()).toMatchObject({ exitCode: 130, class: 'stopped', reason: 'ended by SIGINT' })
  expect(exit().repository?.head).toBe(git(bare, ['rev-parse', 'HEAD']))
  expect(output('summary.md')).toContain(' made (new, not committed)')
})

test.each([
  [64, 'input', { PROMPT: '' }],
  [64, 'input', { RUN_NAME: '../x' }],
  [64, 'input', { PROMPT: '', PROMPT_FILE: '/nonexistent' }],
  [65, 'clone', { REPO_URL: 'file:///nonexistent' }],
  [66, 'checkout', { REPO_REF: 'nowhere' }],
  [67, 'no-cli', { PROVIDER: 'gemini' }],
  [68, 'no-credentials', { OPENAI_API_KEY: '' }],
] as const)('exit code %i is that of a failed %s, with outputs: %j', async (code, kind, env) => {
  cli(DONE)
  expect(await run(env)).toBe(code)
  expect(exit()).toMatchObject({ exitCode: code, class: kind })
  expect(output('run.log')).toContain(`berth: failed (${kind}): `)
  expect(output('summary.md')).toContain(`failed (${kind}, exit code ${code})`)
})

test('outputs that cannot be written are 69, and what else is wrong is told first', async () => {
  cli(DONE)
  writeFileSync(folder.at('work/out'), 'a file')
  expect(await run({})).toBe(69)
  expect(said).toEqual([expect.stringContaining('berth: made the output folder')])
  expect(await run({ PROMPT: '' })).toBe(64)
  expect(said.slice(1)).toEqual([expect.stringContaining('PROMPT is missing'), expect.stringContaining('made the')])
})
