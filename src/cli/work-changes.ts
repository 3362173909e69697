import { BerthError } from '../domain/errors.ts'
import { formatBytes } from '../std/bytes.ts'
import type { UserGit } from './user-git.ts'

/** What work does to one path. Paths are bytes, here as latin1 text. */
export type Change = {
  readonly path: string
  readonly before: string
  /** '000000': the path goes. */
  readonly mode: string
  readonly blobs: readonly string[]
}

export const GONE = '000000'
export const GITLINK = '160000'
const RAW = ['-r', '-z', '--raw', '--no-abbrev', '--no-renames', '--ignore-submodules=none']
const ROW = /^:(\d{6}) (\d{6}) ([0-9a-f]+) ([0-9a-f]+) [A-Z]$/

/** The rows of `--raw -z`: a description, then the path. */
export const parseRaw = (bytes: Buffer): readonly Change[] => {
  const fields = bytes.toString('latin1').split('\0')
  const changes: Change[] = []
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [, before = '', mode = '', old = '', fresh = ''] = ROW.exec((fields[at] ?? '').trim()) ?? []
    if (mode === '') throw new BerthError('internal', `git wrote the row ${JSON.stringify(fields[at])} of a comparison`)
    const blobs = [before === GITLINK ? '' : old, mode === GITLINK ? '' : fresh].filter((sha) => /[1-9a-f]/.test(sha))
    changes.push({ path: fields[at + 1] ?? '', before, mode, blobs })
  }
  return changes
}

export const changesBetween = async (git: UserGit, from: string, to: string): Promise<readonly Change[]> =>
  parseRaw(await git.run(['diff-tree', ...RAW, from, to]))

/** What each of the commits changes, which is more than what all of them together change. */
export const changesOfEach = async (git: UserGit, range: readonly string[]): Promise<readonly Change[]> =>
  parseRaw(await git.run(['log', '--format=', ...RAW, '--root', ...range, '--']))

const MOST_BLOB = 128 * 1024 ** 2
const MOST_PATCH = 512 * 1024 ** 2

/** A patch is made and read in memory. */
export const refuseHuge = async (git: UserGit, changes: readonly Change[], id: string): Promise<void> => {
  const rows = changes.flatMap(({ path, blobs }) => blobs.map((sha) => ({ path, sha })))
  const input = Buffer.from(rows.map(({ sha }) => `${sha}\n`).join(''))
  const sizes = (await git.run(['cat-file', '--batch-check=%(objectsize)'], { input })).toString().split('\n')
  const sized = rows.map(({ path }, at) => ({ path, bytes: Number(sizes[at]) || 0 }))
  const huge = sized.filter(({ bytes }) => bytes > MOST_BLOB)
  const total = sized.reduce((sum, { bytes }) => sum + bytes, 0)
  if (huge.length === 0 && total <= MOST_PATCH) return
  const what =
    huge.length === 0
      ? `it changes files of ${formatBytes(total)}`
      : huge.map(({ path, bytes }) => `${Buffer.from(path, 'latin1')} has ${formatBytes(bytes)}`).join(', ')
  throw new BerthError('not-allowed', `${id} is too large to apply as a patch: ${what}`, {
    hint: `Get its branch with \`berth checkout ${id}\`.`,
  })
}
