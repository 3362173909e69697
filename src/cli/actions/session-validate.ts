import { ERRORS, EXIT } from '../../domain/errors.ts'
import { type Mistake, mistakeText } from '../../sessions/mistakes.ts'
import type { Manifest, Session } from '../../sessions/read-manifest.ts'
import { table } from '../../std/table.ts'
import { terminalLine } from '../../std/terminal-safe.ts'
import type { Context } from '../context.ts'
import { manifestOf, printMistakes } from '../read-sessions.ts'
import { terminalWidth } from '../terminal.ts'

const COLUMNS = [
  ...['SESSION', 'ROLE', 'OWNER', 'AGENT'].map((title) => ({ title })),
  { title: 'REPOSITORY', flexible: true },
  ...['BRANCH', 'AFTER'].map((title) => ({ title })),
]

const rowOf = ({ id, role, owner, after, request }: Session): readonly string[] =>
  [
    id,
    role ?? '-',
    owner ?? '-',
    request.agent,
    [request.repo ?? '-', ...request.repos.map(({ repo }) => repo)].join(', '),
    request.branch ?? '-',
    after.join(',') || '-',
  ].map(terminalLine)

/** A value of a variable may be a secret: the names are enough. */
const withoutValues = (settings: Session['settings']): Session['settings'] => {
  const { env } = settings
  if (!Array.isArray(env)) return settings
  return { ...settings, env: env.map((entry) => String(entry).split('=', 1)[0]) }
}

const errorOf = (mistake: Mistake) => {
  const { file, line, row, session } = mistake
  const message = mistakeText(mistake)
  return { code: 'manifest-invalid', message, hint: ERRORS['manifest-invalid'].hint, file, line, row, session }
}

const answerOf = (file: string, { name, sessions, mistakes }: Manifest) => ({
  file,
  name,
  valid: mistakes.length === 0,
  errors: mistakes.map(errorOf),
  sessions: sessions.map(({ id, row, line, role, owner, after, afterFailed, prompt, settings }) => ({
    ...{ id, row, line, role, owner, after, afterFailed, prompt },
    settings: withoutValues(settings),
  })),
})

/** Checks a manifest without a supervisor, an engine or a secret. Prints its sessions, or every mistake. */
export const sessionValidateAction = async (context: Context, path: string, json: boolean): Promise<number> => {
  const manifest = manifestOf(context, path)
  const { sessions, mistakes } = manifest
  const width = terminalWidth(context)
  const lines = table(COLUMNS, sessions.map(rowOf), width === undefined ? {} : { width })
  if (json) context.stdout.write(`${JSON.stringify(answerOf(path, manifest))}\n`)
  else if (mistakes.length === 0) context.stdout.write(`${lines.join('\n')}\n`)
  else printMistakes(context, mistakes)
  return mistakes.length === 0 ? EXIT.done : EXIT.usage
}
