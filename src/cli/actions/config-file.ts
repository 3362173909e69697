import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { parseConfig } from '../../config/config-file.ts'
import { configSchema } from '../../config/config-schema.ts'
import { BerthError, EXIT } from '../../domain/errors.ts'
import { errorMessage } from '../../std/error-message.ts'
import type { Context } from '../context.ts'
import { fail } from '../fail.ts'
import { githubMistakes } from '../github-mistakes.ts'
import { mergeInForce } from '../merge-in-force.ts'

export const pathAction = async (context: Context, json: boolean): Promise<number> => {
  const path = context.paths.configFile
  context.stdout.write(json ? `${JSON.stringify({ path, exists: existsSync(path) })}\n` : `${path}\n`)
  return EXIT.done
}

export const schemaAction = async (context: Context): Promise<number> => {
  context.stdout.write(`${JSON.stringify(configSchema(), null, 2)}\n`)
  return EXIT.done
}

/** Every mistake of a config file, in the order in which they were found. */
export const mistakesOf = (toml: string, path: string): readonly BerthError[] => {
  const mistakes: BerthError[] = []
  const file = parseConfig(toml, path, (error) => void mistakes.push(error))
  return [...mistakes, ...githubMistakes(mergeInForce({ env: {} }, {}, file, () => undefined))]
}

/** Prints what is wrong with a file; the exit code says whether anything is. */
export const sayProblems = (context: Context, file: string, problems: readonly BerthError[], json: boolean): number => {
  const valid = problems.length === 0
  if (json) {
    const errors = problems.map(({ code, message, hint }) => ({ code, message, hint }))
    context.stdout.write(`${JSON.stringify({ file, valid, errors })}\n`)
  } else {
    if (valid) context.stdout.write(`${file}: valid\n`)
    for (const problem of problems) fail(context, problem, false)
  }
  return valid ? EXIT.done : EXIT.usage
}

/** $VISUAL and $EDITOR are command lines of the user's own shell, as they are for git. */
const openEditor = (editor: string, path: string): Promise<number | null> =>
  new Promise((resolve, reject) => {
    const child = spawn('sh', ['-c', `${editor} "$@"`, editor, path], { stdio: 'inherit' })
    child.on('error', reject)
    child.on('close', resolve)
  })

/** Opens the config file in the user's editor, then names every mistake in it. */
export const editAction = async (context: Context, json: boolean): Promise<number> => {
  const path = context.paths.configFile
  const editor = context.env['VISUAL'] || context.env['EDITOR'] || 'vi'
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  if (!existsSync(path)) writeFileSync(path, '', { mode: 0o600, flag: 'wx' })
  let code: number | null
  try {
    code = await openEditor(editor, path)
  } catch (error) {
    throw new BerthError('usage', `${editor}: ${errorMessage(error)}`, { cause: error })
  }
  if (code !== 0)
    throw new BerthError('usage', `${editor} ended with ${code === null ? 'a signal' : `exit code ${code}`}`, {
      hint: 'Name your editor in VISUAL or EDITOR.',
    })
  return sayProblems(context, path, mistakesOf(readFileSync(path, 'utf8'), path), json)
}
