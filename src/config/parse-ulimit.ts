import type { Ulimit } from '../domain/container-spec.ts'
import { isUlimit, ULIMIT_NAMES, type UlimitName } from '../domain/ulimit-names.ts'

const FORM = /^(\d{1,15})(?::(\d{1,15}))?$/

/** Reads the value SOFT or SOFT:HARD of a limit; throws Error with a sentence. */
export const parseUlimit = (name: string, value: string): Ulimit & { readonly name: UlimitName } => {
  const shown = `"${name.slice(0, 80)}=${value.slice(0, 80)}"`
  if (!isUlimit(name)) throw new Error(`in ${shown} the name is none of ${ULIMIT_NAMES.join(', ')}`)
  const found = FORM.exec(value)
  if (found === null) throw new Error(`${shown} is not NAME=SOFT or NAME=SOFT:HARD in whole numbers`)
  const soft = Number(found[1])
  const hard = found[2] === undefined ? soft : Number(found[2])
  if (soft > hard) throw new Error(`in ${shown} the soft limit is above the hard one`)
  return { name, soft, hard }
}
