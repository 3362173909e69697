import { constants } from 'node:fs'
import { type FileHandle, open, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { BerthError } from '../domain/errors.ts'
import { bareRepository } from './bare-repository.ts'
import { bundleHeader } from './bundle-header.ts'
import { type BundleRefs, bundleRefs, takenRefs } from './bundle-refs.ts'
import { commitsBetween } from './commits-between.ts'
import { countChanges } from './count-changes.ts'
import type { Exec } from './exec.ts'
import type { Git } from './git.ts'
import { objectTypes } from './object-types.ts'
import { otherWork } from './other-work.ts'
import { attributesAt, rawLfs } from './raw-lfs.ts'
import { storePack } from './store-pack.ts'
import { unlock } from './unlock.ts'

type Input = Parameters<Git['take']>[0]

const refuse = (input: Input, why: string): never => {
  throw new BerthError('work-refused', `took the task's commits from ${input.bundle}: refused, ${why}`)
}

/** Opened without following a link or waiting for a pipe; what lies there is looked at before it is read. */
const openBundle = async (input: Input): Promise<FileHandle> => {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
  const file = await open(input.bundle, flags).catch((error: NodeJS.ErrnoException) =>
    refuse(input, error.code === 'ELOOP' ? 'it is a link' : `it cannot be read (${error.code})`),
  )
  const stats = await file.stat()
  if (stats.isFile() && stats.size <= input.maxBytes) return file
  await file.close()
  return refuse(
    input,
    stats.isFile() ? `${stats.size} bytes are more than ${input.maxBytes}` : 'it is not a regular file',
  )
}

const readBundle = async (exec: Exec, input: Input): Promise<BundleRefs> => {
  const file = await openBundle(input)
  try {
    const header = await bundleHeader(file)
    if (typeof header === 'string') return refuse(input, header)
    const refs = bundleRefs(header.refs)
    if (typeof refs === 'string') return refuse(input, refs)
    const problem = await storePack({ exec, file, header, ...input })
    return problem === undefined ? refs : refuse(input, problem)
  } finally {
    await file.close()
  }
}

/** Refuses what leads to no commit. `hasAttributes`: the commit `end` has a .gitattributes at its top. */
const checkTypes = async (exec: Exec, input: Input, refs: BundleRefs, end: string | null) => {
  const rows = [
    ...(refs.head === null ? [] : [{ name: 'HEAD', sha: refs.head }]),
    ...(refs.wip === null ? [] : [{ name: 'the uncommitted state', sha: refs.wip }]),
    ...refs.branches,
    // A tag may be an object of its own that leads to a commit.
    ...refs.others.map(({ name, sha }) => ({ name, sha: `${sha}^{commit}` })),
  ]
  const attributes = end === null ? [] : [attributesAt(end)]
  const asked = [...rows.map(({ sha }) => sha), ...attributes]
  const all = await objectTypes(exec, input.publish, asked, input.signal)
  const types = all.slice(0, rows.length)
  const bad = types.findIndex((type) => type !== 'commit')
  if (bad >= 0) refuse(input, `${rows[bad]?.name} is ${types[bad] === undefined ? 'missing' : `a ${types[bad]}`}`)
  return { hasAttributes: all[rows.length] === 'blob' }
}

/**
 * Four processes: index-pack (which checks every object, and that all they name is there), then log, diff and cat-file side
 * by side; more where .gitattributes has to be read. The repository, header and refs are files that we read and write.
 */
export const take = async (exec: Exec, input: Input): ReturnType<Git['take']> => {
  input.signal?.throwIfAborted()
  bareRepository(input.publish, { sha: input.base, borrowFrom: input.mirror })
  await unlock(input.publish)
  const refs = await readBundle(exec, input)
  const end = refs.wip ?? refs.head
  const [between, others, { hasAttributes }, changes] = await Promise.all([
    refs.head === null
      ? { commits: [], descends: true }
      : commitsBetween(exec, input.publish, input.base, refs.head, input.signal),
    otherWork(exec, input, refs),
    checkTypes(exec, input, refs, end),
    end === null ? undefined : countChanges(exec, { ...input, from: input.base, to: end }),
  ])
  // A warning more or less is no reason to refuse the work.
  const lfs = end === null || !hasAttributes ? [] : await rawLfs(exec, { ...input, head: end }).catch(() => [])
  if (typeof between === 'string') return refuse(input, `git cannot read its commits: ${between}`)
  const packed = join(input.publish, 'packed-refs')
  const before = input.keepBranches ? await readFile(packed, 'utf8').catch(() => '') : ''
  await writeFile(`${packed}.lock`, takenRefs(refs, before))
  await rename(`${packed}.lock`, packed)
  const { head, wip, branches } = refs
  const told = { ...(changes && { changes }), ...(lfs.length > 0 && { rawLfs: lfs }) }
  return { head, wip, branches, others, ...between, ...told }
}
