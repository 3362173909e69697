import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { NO_FILE, parseConfig } from '../../config/config-file.ts'
import { setInToml } from '../../config/edit-toml.ts'
import { mergeConfig } from '../../config/load-config.ts'
import { readValue } from '../../config/read-value.ts'
import { type Key, SETTINGS, WHEN_UNSET } from '../../config/settings.ts'
import { BerthError, EXIT } from '../../domain/errors.ts'
import type { Context } from '../context.ts'

/** The settings that a new file may begin with, in the order of the questions. */
export const INIT_KEYS = ['agent', 'model', 'engine', 'image', 'memory', 'push'] as const satisfies readonly Key[]
type InitKey = (typeof INIT_KEYS)[number]
type Answers = Readonly<Partial<Record<InitKey, string>>>

const HEAD = `# Settings of Berth. \`berth config show --origin\` lists all of them, \`berth config validate\` checks this file.
`

const check = (key: InitKey, text: string): string | undefined => {
  const result = readValue(key, text, 'flag')
  return result.ok ? undefined : result.error
}

const defaults = mergeConfig({}, {}, NO_FILE).values

/** Asks for each setting; an empty answer leaves it out. */
const ask = async ({ stdin, stderr }: Context): Promise<Answers> => {
  const questions = createInterface({ input: stdin, output: stderr })
  const answers: Partial<Record<InitKey, string>> = {}
  stderr.write('Press Enter to keep a default.\n')
  try {
    for (const key of INIT_KEYS) {
      const standard = defaults[key] ?? WHEN_UNSET[key] ?? "the agent's own"
      let text = (await questions.question(`${SETTINGS[key].description} (default: ${standard})\n${key}: `)).trim()
      let wrong = text === '' ? undefined : check(key, text)
      while (wrong !== undefined) {
        text = (await questions.question(`${wrong}\n${key}: `)).trim()
        wrong = text === '' ? undefined : check(key, text)
      }
      if (text !== '') answers[key] = text
    }
  } finally {
    questions.close()
  }
  return answers
}

const contents = (answers: Answers, path: string): string => {
  let toml = HEAD
  for (const key of INIT_KEYS) {
    const text = answers[key]
    if (text === undefined) continue
    const wrong = check(key, text)
    if (wrong !== undefined) throw new BerthError('usage', `--${key}: ${wrong}`)
    toml = setInToml(toml, [key], text)
  }
  parseConfig(toml, path)
  return toml
}

const existsAlready = (path: string, cause?: unknown): BerthError =>
  new BerthError('not-allowed', `${path}: the config file exists already`, {
    cause,
    hint: 'Change it with `berth config set KEY VALUE` or `berth config edit`.',
  })

const write = (path: string, toml: string): void => {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  try {
    writeFileSync(path, toml, { flag: 'wx', mode: 0o600 })
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'EEXIST' ? existsAlready(path, error) : error
  }
}

/** Writes a first config file: from the flags, or on a terminal without flags from answers. Overwrites nothing. */
export const initAction = async (
  context: Context,
  { json = false, ...flags }: Answers & { readonly json?: boolean },
): Promise<number> => {
  const path = context.paths.configFile
  const asks = Object.keys(flags).length === 0 && !json && context.stdin.isTTY && context.stderr.isTTY
  // Before any question, too: no answer could be used.
  if (asks && existsSync(path)) throw existsAlready(path)
  const toml = contents(asks ? await ask(context) : flags, path)
  write(path, toml)
  context.stdout.write(json ? `${JSON.stringify({ path })}\n` : `${path}\n`)
  return EXIT.done
}
