import * as z from 'zod'
import type { Problem } from '../api/answers.ts'
import { BerthError } from '../domain/errors.ts'
import { errorMessage } from '../std/error-message.ts'
import { noSpace } from '../std/no-space.ts'

const NOT_WRITABLE = new Set([8, 14])

/** What is wrong with a request, field by field, in one line. */
const issuesOf = ({ issues }: z.ZodError): string =>
  issues.map(({ path, message }) => [path.join('.'), message].filter((part) => part !== '').join(': ')).join('; ')

/** A user's error out of anything that was thrown: what the disk or SQLite says has a name of its own. */
export const known = (error: unknown): BerthError => {
  if (error instanceof BerthError) return error
  if (error instanceof z.ZodError) return new BerthError('bad-request', issuesOf(error), { cause: error })
  const system = error as NodeJS.ErrnoException
  if (noSpace(error))
    return new BerthError('disk-full', `no space left on the disk: ${system.path ?? system.message}`, { cause: error })
  const sqlite = (error as { errcode?: unknown } | null)?.errcode
  if (typeof sqlite === 'number' && NOT_WRITABLE.has(sqlite & 0xff))
    return new BerthError('state-not-writable', `cannot write the database: ${system.message}`, { cause: error })
  if (system.code === 'EACCES' || system.code === 'EROFS')
    return new BerthError('state-not-writable', system.message, { cause: error })
  return new BerthError('internal', errorMessage(error), { cause: error })
}

/** Any error as an answer of the API. */
export const problem = (error: unknown): Problem => {
  const { code, message, hint, row } = known(error)
  return {
    type: `urn:berth:error:${code}`,
    title: code.replaceAll('-', ' '),
    status: row.http,
    code,
    detail: message,
    hint,
  }
}
