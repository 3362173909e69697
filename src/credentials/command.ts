import { BerthError } from '../domain/errors.ts'
import { definedVariables } from '../std/defined-variables.ts'
import { maskKeys } from '../std/mask-keys.ts'
import { redactor } from '../std/redact.ts'
import { spawn } from '../std/spawn.ts'
import type { CallerEnv, CredentialSource } from './credential.ts'

const LIMIT_MS = 30_000
const MOST_BYTES = 64 * 1024
const PATH = '/usr/local/bin:/usr/bin:/bin'

/** The program stands in messages, its arguments do not: who puts a key there by mistake shall not read it in a log. */
const missing = (argv: readonly string[], why: string) =>
  new BerthError('no-credentials', `the credential command:${argv[0]} gave no key: ${why}`, {
    hint: 'Run the command in this shell. It must print only the key, without asking a question.',
  })

const wrong = (why: string) =>
  new BerthError('no-credentials', `a credential command: ${why}`, {
    hint: 'Write command:PROGRAM ARG ARG, or command:["PROGRAM", "ARG WITH SPACES"].',
  })

const fromJson = (text: string): readonly string[] => {
  let argv: unknown
  try {
    argv = JSON.parse(text)
  } catch {
    throw wrong('the text from [ to ] is not a JSON list')
  }
  if (!Array.isArray(argv) || !argv.every((word) => typeof word === 'string'))
    throw wrong('the list may contain only texts')
  return argv
}

/** Words apart by spaces, or a JSON list of them. No shell reads them, so what only a shell would understand is refused. */
const wordsOf = (text: string): readonly [string, ...string[]] => {
  const trimmed = text.trim()
  if (!trimmed.startsWith('[') && /["'`$\\;|&<>]/.test(trimmed))
    throw wrong('no shell runs it, so it cannot have quotes or other shell characters')
  const [program = '', ...args] = trimmed.startsWith('[') ? fromJson(trimmed) : trimmed.split(/\s+/)
  if (program === '') throw wrong('it names no program')
  return [program, ...args]
}

const environment = (callerEnv: CallerEnv): Record<string, string> => ({ PATH, ...definedVariables(callerEnv) })

/** The last of its words on stderr, without what it printed, and without what looks like a key. */
const lastWords = ({ stdout, stderr }: { readonly stdout: Buffer; readonly stderr: string }): string => {
  const words = stdout.toString('utf8').split(/\s+/)
  const last = stderr.trim().split('\n').at(-1) ?? ''
  return maskKeys(redactor(words)(last)).slice(0, 200)
}

const printed = async (argv: readonly [string, ...string[]], callerEnv: CallerEnv): Promise<string> => {
  const [program, ...args] = argv
  const ran = await spawn(program, args, { env: environment(callerEnv), limitMs: LIMIT_MS, maxBytes: MOST_BYTES })
  if (ran.end === 'not-started') throw missing(argv, `it could not be started (${ran.error})`)
  if (ran.end === 'limit') throw missing(argv, `it did not end within ${LIMIT_MS / 1000} s`)
  if (ran.end !== 'exit') throw missing(argv, 'it printed too much text for a key')
  if (ran.code !== 0) throw missing(argv, `it ended with ${ran.code ?? ran.signal}: ${lastWords(ran)}`)
  const value = ran.stdout.toString('utf8').trim()
  if (value === '') throw missing(argv, 'it printed nothing')
  return value
}

/**
 * `command:PROGRAM ARG...`: what a program prints, such as a password manager; for `resolve` one word. It runs in the
 * caller's environment.
 */
export const command: CredentialSource = {
  scheme: 'command',
  text: (text, callerEnv) => printed(wordsOf(text), callerEnv),
  resolve: async (text, callerEnv) => {
    const argv = wordsOf(text)
    const value = await printed(argv, callerEnv)
    if (/\s/.test(value)) throw missing(argv, 'it printed more than one word')
    return value
  },
}
