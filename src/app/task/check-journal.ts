import { statSync } from 'node:fs'
import { BerthError } from '../../domain/errors.ts'
import type { Deps } from '../deps.ts'
import { recordFrom } from './project.ts'

/** A longer journal is not read for a look at its task. */
const WHOLE_BYTES = 4 * 1024 * 1024

/** Throws corrupt-record where a journal cannot be read; of a long one its first and its last event are looked at. */
export const checkJournal = (deps: Pick<Deps, 'store'>, path: string): void => {
  if (statSync(path).size <= WHOLE_BYTES) {
    recordFrom(deps.store.reader, path)
    return
  }
  const journal = deps.store.reader(path)
  for (const first of journal.read()) {
    if (first.type === 'task.created') break
    throw new BerthError('corrupt-record', `${path}: the first event is ${first.type}, not task.created`)
  }
  journal.tail(0, {})
}
