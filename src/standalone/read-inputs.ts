import { refProblem } from '../domain/ref-name.ts'
import { urlProblem } from '../domain/repository-url.ts'
import { shellWords } from '../std/shell-words.ts'
import { didYouMean } from '../std/suggest.ts'
import { StepFailed } from './exit-codes.ts'
import { OUT } from './places.ts'
import { type RemoteLogin, splitLogin } from './split-login.ts'

type Variables = Readonly<Record<string, string>>

const MODES = ['exec', 'review', 'chat'] as const
export type Mode = (typeof MODES)[number]

export type Source =
  | { readonly kind: 'url'; readonly url: string; readonly login: RemoteLogin | null }
  | { readonly kind: 'folder'; readonly path: string }

export type Inputs = {
  readonly mode: Mode
  readonly provider: string
  readonly model: string | null
  readonly source: Source
  /** The repository's folder below the work folder. */
  readonly folder: string
  readonly ref: string | null
  /** The text, or a file that holds it. */
  readonly prompt: { readonly text: string } | { readonly file: string }
  /** What a review compares with; null: the remote's own branch. */
  readonly reviewBase: string | null
  /** Further arguments of the agent's CLI. */
  readonly flags: readonly string[]
  /** The remote's branch that gets the work; null: none. */
  readonly push: string | null
}

/** What is known of the container beside its variables. */
export type Situation = {
  readonly providers: readonly string[]
  /** Of an image that has one CLI alone: that one. */
  readonly defaultProvider: string
  readonly hasTerminal: boolean
  /** The folder for a mounted source tree, where something is mounted there. */
  readonly mounted: string | null
  /** Name of this run. */
  readonly run: string
}

const wrong = (message: string, hint: string): never => {
  throw new StepFailed('input', message, hint)
}

/** The value of a variable under its name or its other name; undefined where it is not set or empty. */
const variable = (env: Variables, name: string, alias?: string): string | undefined => {
  const own = env[name] || undefined
  const other = (alias === undefined ? undefined : env[alias]) || undefined
  if (own !== undefined && other !== undefined && own !== other)
    return wrong(`${name} and ${alias} differ`, `They are two names of one setting: give ${name} alone.`)
  return own ?? other
}

const oneOf = <T extends string>(name: string, value: string, known: readonly T[]): T =>
  known.find((one) => one === value) ??
  wrong(`${name}=${value} is unknown${didYouMean(value, known)}`, `Give one of ${known.join(', ')}.`)

const sourceOf = (env: Variables, { mounted }: Situation): Source => {
  const url = variable(env, 'REPO_URL')
  const folder = variable(env, 'SOURCE_DIR')
  if (url !== undefined && folder !== undefined)
    return wrong('REPO_URL and SOURCE_DIR are both set', 'Give one of them.')
  if (url !== undefined) {
    const { login, rest } = splitLogin(url)
    const read = urlProblem(rest)
    if (typeof read === 'string')
      return wrong(`REPO_URL: ${read}`, 'Give an address like https://github.com/owner/name.')
    return { kind: 'url', url: rest, login }
  }
  const path = folder ?? mounted
  if (path === null)
    return wrong('REPO_URL is missing', 'Give the repository: -e REPO_URL=https://..., or mount a source tree at /src.')
  return path.startsWith('/')
    ? { kind: 'folder', path }
    : wrong(`SOURCE_DIR=${path} is no absolute path`, 'Give the path inside the container, such as /src.')
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they have no place in a folder's name
const CONTROL = /[\x00-\x1f\x7f]/

const folderOf = (env: Variables): string => {
  const name = variable(env, 'REPO_DIR') ?? 'repo'
  const parts = name.split('/')
  const hint = 'Give a folder below /work, such as repo or team/app.'
  if (name.startsWith('/')) return wrong(`REPO_DIR=${name} is an absolute path`, hint)
  if (parts.includes('..')) return wrong(`REPO_DIR=${name} has a part '..', which leads out of /work`, hint)
  if (parts.some((part) => part === '' || part === '.' || part === '.git') || CONTROL.test(name))
    return wrong(`REPO_DIR=${JSON.stringify(name)} is no name of a folder`, hint)
  return parts[0] === OUT ? wrong(`REPO_DIR=${name}: /work/${OUT} is for the outputs`, hint) : name
}

const refOf = (env: Variables, name: 'REPO_REF' | 'REVIEW_BASE'): string | null => {
  const ref = variable(env, name)
  if (ref === undefined) return null
  const problem = refProblem(ref)
  return problem === undefined
    ? ref
    : wrong(`${name}=${JSON.stringify(ref)}: ${problem}`, 'Give a branch, a tag or a commit.')
}

const promptOf = (env: Variables, mode: Mode): Inputs['prompt'] => {
  const text = env['PROMPT']?.trim() === '' ? undefined : env['PROMPT']
  const file = variable(env, 'PROMPT_FILE')
  if (text !== undefined && file !== undefined) return wrong('PROMPT and PROMPT_FILE are both set', 'Give one of them.')
  if (file !== undefined) return { file }
  if (text === undefined && mode === 'exec')
    return wrong('PROMPT is missing', "Say what to do: -e PROMPT='...', or a file by -e PROMPT_FILE=/path.")
  return { text: text ?? '' }
}

const flagsOf = (env: Variables): readonly string[] =>
  shellWords(variable(env, 'AGENT_FLAGS', 'CODEX_FLAGS') ?? '') ??
  wrong('AGENT_FLAGS: a quote is left open, or a backslash ends the line', 'Quote as in a shell; nothing is expanded.')

const OFF = ['0', 'false', 'no']
const ON = ['1', 'true', 'yes']

const pushOf = (env: Variables, source: Source, { mode, run }: { readonly mode: Mode; readonly run: string }) => {
  const value = variable(env, 'PUSH')
  if (value === undefined || OFF.includes(value)) return null
  if (source.kind !== 'url') return wrong('PUSH needs REPO_URL: a mounted source tree has no remote', 'Leave PUSH out.')
  if (mode === 'review') return wrong('PUSH: a review changes nothing', 'Leave PUSH out, or give MODE=exec.')
  if (ON.includes(value)) return `berth/${run}`
  const problem = refProblem(value)
  return problem === undefined ? value : wrong(`PUSH=${JSON.stringify(value)}: ${problem}`, 'Give 1, or a branch.')
}

const modeOf = (env: Variables, { hasTerminal }: Situation): Mode => {
  const mode = oneOf('MODE', variable(env, 'MODE', 'CODEX_MODE') ?? 'exec', MODES)
  if (mode === 'chat' && !hasTerminal)
    return wrong('MODE=chat needs a terminal, and there is none', 'Run the container with -it.')
  return mode
}

/** The name that this run was given; undefined: none. Throws StepFailed. */
export const readRunName = (env: Variables): string | undefined => {
  const name = variable(env, 'RUN_NAME')
  if (name === undefined || /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(name)) return name
  return wrong(`RUN_NAME=${JSON.stringify(name)} is no name`, 'Give up to 64 letters, digits, - and _.')
}

/** What the variables ask for. Throws StepFailed for what is missing or wrong. */
export const readInputs = (env: Variables, situation: Situation): Inputs => {
  const mode = modeOf(env, situation)
  const source = sourceOf(env, situation)
  return {
    mode,
    provider: oneOf('PROVIDER', variable(env, 'PROVIDER') ?? situation.defaultProvider, situation.providers),
    model: variable(env, 'MODEL') ?? null,
    source,
    folder: folderOf(env),
    ref: refOf(env, 'REPO_REF'),
    prompt: promptOf(env, mode),
    reviewBase: refOf(env, 'REVIEW_BASE'),
    flags: flagsOf(env),
    push: pushOf(env, source, { mode, run: situation.run }),
  }
}
