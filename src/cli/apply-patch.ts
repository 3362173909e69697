import { createHash } from 'node:crypto'
import { lstatSync, mkdtempSync, readlinkSync, rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BerthError } from '../domain/errors.ts'
import type { Context } from './context.ts'
import { overwritten, type Tracked } from './refuse-overwrite.ts'
import { folderGit, type UserGit, workGit } from './user-git.ts'
import { type Change, GONE } from './work-changes.ts'

type Head = { readonly before: string | null; readonly goes: boolean }

/** Of each file in the patch: which content it was made from. In git's own order; within a hunk no line begins so. */
const readHeads = async (patch: string): Promise<readonly Head[]> => {
  const heads: { before: string | null; goes: boolean }[] = []
  const file = await open(patch, 'r')
  try {
    for await (const line of file.readLines({ encoding: 'latin1' })) {
      if (line.startsWith('diff --git ')) heads.push({ before: null, goes: false })
      const head = heads.at(-1)
      const before = /^index ([0-9a-f]{40,64})\.\.[0-9a-f]{40,64}(?: \d{6})?$/.exec(line)?.[1]
      if (head !== undefined && before !== undefined) head.before = before
      if (head !== undefined && line.startsWith('deleted file mode ')) head.goes = true
    }
  } finally {
    await file.close()
  }
  return heads
}

const unlike = (id: string, what: string) =>
  new BerthError('not-allowed', `the patch of ${id} ${what}, but Berth's worker writes no such patch`)

/** What git itself reads in the patch. */
const readChanges = async (git: UserGit, patch: string, id: string) => {
  const rows = (await git.run(['apply', '--numstat', '-z', patch])).toString('latin1').split('\0').filter(Boolean)
  const summary = (await git.run(['apply', '--summary', patch])).toString('latin1')
  if (/^ (rename|copy) /m.test(summary)) throw unlike(id, 'renames a file')
  const heads = await readHeads(patch)
  if (heads.length !== rows.length) throw unlike(id, 'has lines between its files')
  return rows.map((row, at) => ({ path: row.split('\t').slice(2).join('\t'), ...(heads[at] as Head) }))
}

const contentOf = async (git: UserGit, path: string, before: string): Promise<string | undefined> => {
  const at = Buffer.concat([Buffer.from(`${git.folder}/`), Buffer.from(path, 'latin1')])
  try {
    const found = lstatSync(at)
    if (found.isFile()) {
      // A quoted name may hold any byte.
      const quoted = `"${path.replace(/["\\\n]/g, (letter) => (letter === '\n' ? '\\n' : `\\${letter}`))}"\n`
      const { stdout } = await git.attempt(['hash-object', '--stdin-paths'], { input: Buffer.from(quoted, 'latin1') })
      return stdout.toString().trim()
    }
    if (!found.isSymbolicLink()) return undefined
    const target = readlinkSync(at, { encoding: 'buffer' })
    return createHash(before.length === 64 ? 'sha256' : 'sha1')
      .update(`blob ${target.length}\0`)
      .update(target)
      .digest('hex')
  } catch {
    return undefined
  }
}

/** Nothing of a folder is tracked; what still is as it was copied counts as that. */
const asCopied = async (git: UserGit, files: readonly (Head & { readonly path: string })[]): Promise<Tracked> => {
  const index = new Map<string, { flag: string; mode: string; stage: string }>()
  for (const { path, before } of files) {
    // A change of rights alone names no content.
    const same = before === null || (await contentOf(git, path, before)) === before
    if (same) index.set(path, { flag: 'H', mode: '100644', stage: '0' })
  }
  return { index, dirty: new Set(), foldsCase: false, nested: true }
}

/** Of a copied folder: its patch, in the folder that this is. All of it or nothing. */
export const applyPatch = async (context: Context, id: string, patch: string): Promise<readonly string[]> => {
  const folder = context.cwd
  const scratch = mkdtempSync(join(tmpdir(), 'berth-apply-'))
  try {
    const repository = join(scratch, 'git')
    await workGit(context, repository).run(['init', '--quiet', '--template=', '--bare', repository])
    const git = folderGit(context, folder, repository)
    const files = await readChanges(git, patch, id)
    const changes = files.map(
      ({ path, goes }): Change => ({ path, before: '', mode: goes ? GONE : '100644', blobs: [] }),
    )
    const rows = overwritten(folder, changes, await asCopied(git, files))
    if (rows.length > 0) {
      const named = rows.map(({ path, why }) => (why === '' ? path : `${path} (${why})`)).join(', ')
      throw new BerthError('dirty-tree', `${folder}: ${id} would change files that differ from its copy: ${named}`, {
        hint: 'Move these files away, then apply again.',
      })
    }
    await git.run(['apply', '--whitespace=nowarn', '-p1', patch])
    return files.map(({ path }) => Buffer.from(path, 'latin1').toString())
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}
