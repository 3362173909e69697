import { EXEC, type ExecFrame } from '../domain/exec-frame.ts'
import type { ProgramOpening } from '../domain/program-opening.ts'
import { type Check, fields, isText, listOf, mapOf, maybe, nullOr } from '../std/shape.ts'
import { toSize } from './read-size.ts'

const isTerminal: Check = (value) => fields({ term: isText })(value) && toSize(value) !== undefined
const isOpening = fields({
  argv: (value) => listOf(isText)(value) && (value as readonly string[]).length > 0,
  env: maybe(mapOf(isText)),
  cwd: maybe(isText),
  tty: nullOr(isTerminal),
  endsWith: maybe(isText),
})

/** The first frame of a connection for a program. Throws where it is none. */
export const readOpening = ({ value, done }: IteratorResult<ExecFrame, unknown>): ProgramOpening => {
  if (done === true || value.kind !== EXEC.open) throw new Error('the first frame opens no program')
  const opening: unknown = JSON.parse(value.data.toString())
  if (!isOpening(opening)) throw new Error('the first frame names no program')
  return opening as ProgramOpening
}
