import { createHmac, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { isKey, SETTINGS } from '../../config/settings.ts'
import { BerthError } from '../../domain/errors.ts'
import { errorMessage } from '../../std/error-message.ts'
import { readPrivateFile } from '../../std/private-file.ts'
import { writeFileDurably } from '../../std/write-file-durably.ts'

const KEY_BYTES = 32
const KEY = new RegExp(`^[0-9a-f]{${KEY_BYTES * 2}}$`)

/** What a row of a manifest says. */
export type RowContent = {
  readonly prompt: string
  readonly settings: Readonly<Record<string, unknown>>
  readonly after: readonly string[]
  readonly afterFailed: string
}

const readKey = (path: string): string | null => {
  try {
    return readPrivateFile(path, 2 * KEY_BYTES)
  } catch (error) {
    throw new BerthError('bad-file', `the key of manifests: ${errorMessage(error)}`, {
      cause: error,
      hint: `Make ${path} a file of yours alone again: chmod 600.`,
    })
  }
}

/** The key of the hashes of this state folder; made at its first use. */
export const rowKey = async (state: string): Promise<string> => {
  const path = join(state, 'manifest.key')
  const known = readKey(path)
  if (known !== null && KEY.test(known)) return known
  const key = randomBytes(KEY_BYTES).toString('hex')
  await writeFileDurably(path, key)
  return key
}

/** The same value with the keys of its tables in their order. */
const ordered = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(ordered)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([name, part]) => [name, ordered(part)]))
}

/** A setting that is a table in a manifest is a list of NAME=VALUE in a request: their order says nothing. */
const isTable = (name: string): boolean => isKey(name) && SETTINGS[name].type === 'map'

const settingOf = ([name, value]: readonly [string, unknown]) =>
  [name, isTable(name) && Array.isArray(value) ? value.map(String).toSorted() : value] as const

/**
 * The hash of what a row says: of the manifest alone, so that neither a new version of Berth nor another config file
 * changes it. It has a key because values of variables are in it: a record shows the hash, and nobody can try values.
 */
export const rowHash = (key: string, { prompt, settings, after, afterFailed }: RowContent): string => {
  const known = Object.fromEntries(Object.entries(settings).map(settingOf))
  const said = { prompt, settings: known, after: after.toSorted(), afterFailed }
  return createHmac('sha256', key)
    .update(JSON.stringify(ordered(said)))
    .digest('hex')
}
