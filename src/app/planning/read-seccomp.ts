import { BerthError } from '../../domain/errors.ts'
import { parseSeccomp } from '../../domain/seccomp-file.ts'
import type { Facts } from '../../plan/facts.ts'
import { readProfileFile } from './read-profile-file.ts'

/** The profile of --seccomp-profile, read once: the task keeps it, whatever becomes of the file. */
export const readSeccomp = async (path: string): Promise<NonNullable<Facts['hardening']>['seccomp']> => {
  const refuse = (why: string) => new BerthError('bad-profile', `--seccomp-profile ${path}: ${why}`)
  const text = await readProfileFile(path).catch((error: Error) => {
    throw refuse(error.message)
  })
  const read = parseSeccomp(text)
  if (!read.ok) throw refuse(read.error)
  return { from: path, ...read.value }
}
