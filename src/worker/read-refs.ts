import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'

const SHA = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/
const PACKED = /^((?:[0-9a-f]{40}|[0-9a-f]{64})) (refs\/\S+)$/
const MOST_BYTES = 256 * 1024 * 1024
const REF_BYTES = 4096

/** A regular file's text; undefined for anything else. */
export const readRegular = (path: string, most = REF_BYTES): string | undefined => {
  try {
    const stats = lstatSync(path)
    return stats.isFile() && stats.size <= most ? readFileSync(path, 'utf8') : undefined
  } catch {
    return undefined
  }
}

const loose = (repository: string, below: string, into: Map<string, string>) => {
  let entries: ReturnType<typeof listing>
  try {
    entries = listing(join(repository, below))
  } catch {
    return
  }
  for (const entry of entries) {
    const ref = `${below}/${entry.name}`
    if (entry.isDirectory()) loose(repository, ref, into)
    else if (entry.isFile()) {
      const sha = readRegular(join(repository, ref))?.trim() ?? ''
      if (SHA.test(sha)) into.set(ref, sha)
    }
  }
}
const listing = (path: string) => readdirSync(path, { withFileTypes: true })

/**
 * A repository's refs below some prefixes, read as data: no git runs and no configuration counts. Loose ones first, so
 * that one which is being packed meanwhile is not missed.
 */
export const readRefs = (repository: string, prefixes: readonly string[]): Map<string, string> => {
  const refs = new Map<string, string>()
  for (const prefix of prefixes) loose(repository, prefix, refs)
  for (const line of (readRegular(join(repository, 'packed-refs'), MOST_BYTES) ?? '').split('\n')) {
    const [, sha, ref] = PACKED.exec(line) ?? []
    if (sha === undefined || ref === undefined || refs.has(ref)) continue
    if (prefixes.some((prefix) => ref.startsWith(`${prefix}/`))) refs.set(ref, sha)
  }
  return refs
}

/** One ref, loose or packed. */
export const readRef = (repository: string, ref: string): string | undefined => {
  const sha = readRegular(join(repository, ref))?.trim() ?? ''
  if (SHA.test(sha)) return sha
  const packed = readRegular(join(repository, 'packed-refs'), MOST_BYTES) ?? ''
  const row = packed.split('\n').find((line) => line.endsWith(` ${ref}`))
  return PACKED.exec(row ?? '')?.[1]
}

const STASHED = /^[0-9a-f]{40,64} ([0-9a-f]{40}(?:[0-9a-f]{24})?) /

/** The commits of a repository's stash, newest first as git counts them. */
export const readStash = (repository: string): readonly string[] => {
  const newest = readRef(repository, 'refs/stash')
  if (newest === undefined) return []
  const log = readRegular(join(repository, 'logs/refs/stash'), MOST_BYTES) ?? ''
  const shas = log.split('\n').flatMap((line) => STASHED.exec(line)?.[1] ?? [])
  const listed = shas.toReversed()
  return listed[0] === newest ? listed : [newest, ...listed]
}

export type Head = { readonly ref: string | null; readonly sha: string | null }

/** The ref that a HEAD names which is a link, as git made it once and still can. */
export const linkedHead = (repository: string): string | undefined => {
  try {
    const target = readlinkSync(join(repository, 'HEAD'))
    return target.startsWith('refs/') ? target : undefined
  } catch {
    return undefined
  }
}

/** Where HEAD stands: its branch, and its commit unless the branch is yet to be born. */
export const readHead = (repository: string, refs: ReadonlyMap<string, string>): Head => {
  const text = readRegular(join(repository, 'HEAD'))?.trim() ?? ''
  if (SHA.test(text)) return { ref: null, sha: text }
  const ref = /^ref: (refs\/\S+)$/.exec(text)?.[1] ?? linkedHead(repository)
  return ref === undefined ? { ref: null, sha: null } : { ref, sha: refs.get(ref) ?? null }
}

/** As a `packed-refs` file, sorted as git wants it. */
export const packedRefs = (refs: ReadonlyMap<string, string>): string => {
  const rows = [...refs].map(([ref, sha]) => [Buffer.from(ref), `${sha} ${ref}\n`] as const)
  rows.sort(([a], [b]) => Buffer.compare(a, b))
  return `# pack-refs with: sorted \n${rows.map(([, line]) => line).join('')}`
}
