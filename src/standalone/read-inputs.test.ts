import { expect, test } from 'vitest'
import { StepFailed } from './exit-codes.ts'
import { readInputs, readRunName, type Situation } from './read-inputs.ts'

const situation: Situation = {
  providers: ['codex', 'claude', 'gemini', 'opencode'],
  defaultProvider: 'codex',
  hasTerminal: false,
  mounted: null,
  run: 'r-1',
}
const ENV = { REPO_URL: 'https://git.example/team/app.git', PROMPT: 'Do it' }

const readWith = (env: Readonly<Record<string, string>>, more: Partial<Situation> = {}) =>
  readInputs({ ...ENV, ...env }, { ...situation, ...more })

const refusal = (env: Readonly<Record<string, string>>, more: Partial<Situation> = {}): StepFailed => {
  try {
    readWith(env, more)
  } catch (error) {
    if (error instanceof StepFailed) return error
    throw error
  }
  throw new Error('it was taken')
}

test('an address and a prompt are enough', () => {
  expect(readWith({})).toEqual({
    mode: 'exec',
    provider: 'codex',
    model: null,
    source: { kind: 'url', url: 'https://git.example/team/app.git', login: null },
    folder: 'repo',
    ref: null,
    prompt: { text: 'Do it' },
    reviewBase: null,
    flags: [],
    push: null,
  })
})

test('the older names of variables are understood, and an empty variable is none', () => {
  expect(readWith({ CODEX_MODE: 'review', MODE: '', CODEX_FLAGS: '-m x' })).toMatchObject({
    mode: 'review',
    flags: ['-m', 'x'],
  })
  expect(refusal({ CODEX_MODE: 'review', MODE: 'exec' }).message).toBe('MODE and CODEX_MODE differ')
})

test('flags are words by the quoting of a shell, and nothing in them is expanded', () => {
  const flags = `-c 'a="b c"' --x="1 \\"2\\"" $HOME \`id\` ; rm *`
  expect(readWith({ AGENT_FLAGS: flags }).flags).toEqual([
    '-c',
    'a="b c"',
    '--x=1 "2"',
    '$HOME',
    '`id`',
    ';',
    'rm',
    '*',
  ])
})

test('a prompt is taken as it is: lines, a dash in front, spaces at its end', () => {
  const text = '--help\n\n  second line\t \n'
  expect(readWith({ PROMPT: text }).prompt).toEqual({ text })
})

test('a password in the address is taken out of it', () => {
  const { source } = readWith({ REPO_URL: 'https://bot:p%40ss@git.example/team/app' })
  expect(source).toEqual({
    kind: 'url',
    url: 'https://git.example/team/app',
    login: { user: 'bot', password: 'p@ss' },
  })
})

test('PUSH names a branch, or gives the run one', () => {
  expect(readWith({ PUSH: '1' }).push).toBe('berth/r-1')
  expect(readWith({ PUSH: 'fix/it' }).push).toBe('fix/it')
  expect(readWith({ PUSH: 'no' }).push).toBe(null)
})

test('a mounted source tree stands for the address', () => {
  expect(readWith({ REPO_URL: '' }, { mounted: '/src' }).source).toEqual({ kind: 'folder', path: '/src' })
  expect(readWith({ REPO_URL: '', SOURCE_DIR: '/tree' }).source).toEqual({ kind: 'folder', path: '/tree' })
})

test.each([
  [{ REPO_URL: '' }, 'REPO_URL is missing'],
  [{ REPO_URL: 'https://git.example/a/../b' }, 'REPO_URL: its path has a . or .. part'],
  [{ REPO_URL: 'ext::sh -c id' }, 'REPO_URL: git transport helpers (`name::`) are not allowed'],
  [{ SOURCE_DIR: '/src' }, 'REPO_URL and SOURCE_DIR are both set'],
  [{ PROMPT: ' ' }, 'PROMPT is missing'],
  [{ PROMPT_FILE: '/p' }, 'PROMPT and PROMPT_FILE are both set'],
  [{ REPO_DIR: '../x' }, "REPO_DIR=../x has a part '..', which leads out of /work"],
  [{ REPO_DIR: 'a/../../x' }, "REPO_DIR=a/../../x has a part '..', which leads out of /work"],
  [{ REPO_DIR: '/etc' }, 'REPO_DIR=/etc is an absolute path'],
  [{ REPO_DIR: './a' }, 'REPO_DIR="./a" is no name of a folder'],
  [{ REPO_DIR: 'out/x' }, 'REPO_DIR=out/x: /work/out is for the outputs'],
  [{ REPO_REF: '--upload-pack=x' }, 'REPO_REF="--upload-pack=x": it begins with a dash'],
  [{ MODE: 'exce' }, 'MODE=exce is unknown (did you mean exec?)'],
  [{ MODE: 'chat' }, 'MODE=chat needs a terminal, and there is none'],
  [{ PROVIDER: 'codx' }, 'PROVIDER=codx is unknown (did you mean codex?)'],
  [{ AGENT_FLAGS: "-c 'x" }, 'AGENT_FLAGS: a quote is left open, or a backslash ends the line'],
  [{ PUSH: 'a..b' }, 'PUSH="a..b": it has two dots in a row'],
  [{ PUSH: '1', MODE: 'review' }, 'PUSH: a review changes nothing'],
])('%j is refused: %s', (env, message) => {
  const { step, message: said, hint } = refusal(env)
  expect([step, said]).toEqual(['input', message])
  expect(hint).toMatch(/\.$/)
})

test('a name of a run is one folder', () => {
  expect(readRunName({})).toBeUndefined()
  expect(readRunName({ RUN_NAME: 'nightly_1' })).toBe('nightly_1')
  for (const name of ['..', 'a/b', 'run.log', '-x', 'a b'])
    expect(() => readRunName({ RUN_NAME: name })).toThrow('RUN_NAME')
})
