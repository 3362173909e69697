import { readConfigFile } from '../config/config-file.ts'
import { BerthError, ERRORS } from '../domain/errors.ts'
import { type Mistake, mistakeText } from '../sessions/mistakes.ts'
import { type Manifest, readManifest, type Session } from '../sessions/read-manifest.ts'
import { didYouMean } from '../std/suggest.ts'
import { terminalLine } from '../std/terminal-safe.ts'
import type { Context } from './context.ts'
import { fail } from './fail.ts'

/** Reads a manifest as the config file and the variables of this shell have it. */
export const manifestOf = (context: Context, path: string): Manifest =>
  readManifest(path, { cwd: context.cwd, env: context.env, config: readConfigFile(context.paths.configFile) })

/** Prints every mistake of a manifest, with the hint at the end. */
export const printMistakes = (context: Context, mistakes: readonly Mistake[]): void => {
  for (const [index, mistake] of mistakes.entries()) {
    const hint = index === mistakes.length - 1 ? ERRORS['manifest-invalid'].hint : ''
    fail(context, new BerthError('manifest-invalid', terminalLine(mistakeText(mistake)), { hint }), false)
  }
}

/** The sessions of these ids, all without ids. */
const chosen = (sessions: readonly Session[], ids: readonly string[] | undefined): readonly Session[] => {
  if (ids === undefined) return sessions
  const known = sessions.map(({ id }) => id)
  const unknown = ids.find((id) => !known.includes(id))
  if (unknown !== undefined)
    throw new BerthError(
      'usage',
      `--only ${unknown}: the manifest has no session of this id${didYouMean(unknown, known)}`,
      { hint: 'The sessions are listed by `berth session validate -f FILE`.' },
    )
  return sessions.filter(({ id }) => ids.includes(id))
}

/** A manifest that a command is called with. */
export type ManifestOptions = {
  readonly file: string
  readonly only?: readonly string[]
  readonly json?: boolean
}

/** The manifest's name and its chosen sessions. BerthError manifest-invalid with every mistake, if there is one. */
export const readSessions = (
  context: Context,
  { file, only }: ManifestOptions,
): { readonly name: string; readonly sessions: readonly Session[] } => {
  const { name, sessions, mistakes } = manifestOf(context, file)
  if (mistakes.length > 0)
    throw new BerthError('manifest-invalid', mistakes.map((one) => terminalLine(mistakeText(one))).join('\n'))
  return { name, sessions: chosen(sessions, only) }
}
