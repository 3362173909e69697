import * as z from 'zod'
import { errorMessage } from '../std/error-message.ts'
import { type Parsed, parsed, unparsed } from '../std/parsed.ts'

/** What a profile may do with a call. Nobody would answer one that notifies, so a program would wait for ever. */
const action = z.enum([
  'SCMP_ACT_ALLOW',
  'SCMP_ACT_ERRNO',
  'SCMP_ACT_KILL',
  'SCMP_ACT_KILL_PROCESS',
  'SCMP_ACT_KILL_THREAD',
  'SCMP_ACT_LOG',
  'SCMP_ACT_TRACE',
  'SCMP_ACT_TRAP',
])

const rule = z
  .looseObject({ action, name: z.string().optional(), names: z.array(z.string()).nullish() })
  .refine(({ name, names }) => !name || !names?.length, 'it has both name and names')

/** A profile as Docker and Podman read it; they pass over what they do not know. */
const profile = z
  .looseObject({
    defaultAction: action,
    architectures: z.array(z.string()).nullish(),
    archMap: z.array(z.unknown()).nullish(),
    syscalls: z.array(rule).nullish(),
  })
  .refine(
    ({ architectures, archMap }) => !architectures?.length || !archMap?.length,
    'it has both architectures and archMap',
  )

/** A profile of the user's: its text, and whether it lets pass what it does not name. */
export type SeccompFile = { readonly text: string; readonly open: boolean }

/** Where the mistake is. The reader's own words would show a piece of the file, which may be any file. */
const placeOf = (error: unknown): string => {
  const [, line, column] = /\(line (\d+) column (\d+)\)/.exec(errorMessage(error)) ?? []
  return line === undefined ? '' : ` (line ${line}, column ${column})`
}

/** Reads a seccomp profile. The errors show nothing of the text. */
export const parseSeccomp = (text: string): Parsed<SeccompFile> => {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return unparsed(`it is not JSON${placeOf(error)}`)
  }
  const result = profile.safeParse(value)
  if (!result.success) {
    const [issue] = result.error.issues
    const place = issue === undefined || issue.path.length === 0 ? '' : `${issue.path.join('.')}: `
    return unparsed(`it is JSON, but no seccomp profile: ${place}${issue?.message ?? 'wrong value'}`)
  }
  const { defaultAction } = result.data
  const open = defaultAction === 'SCMP_ACT_ALLOW' || defaultAction === 'SCMP_ACT_LOG'
  return parsed({ text: JSON.stringify(value), open })
}
