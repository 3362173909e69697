import { existsSync } from 'node:fs'
import { constants, open } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { type Exec, LIMIT } from './exec.ts'
import { folderOf } from './source-error.ts'

/** A repository of this machine that was cloned without all that its commits lead to. */
export type IncompleteClone = {
  readonly kind: 'shallow clone' | 'partial clone'
  /** Where it was cloned from, as its configuration says; null: it does not say. */
  readonly origin: string | null
  /** Commits that it took from there; with all that they lead to, it is whole. */
  readonly commits: readonly string[]
}

const MOST_BYTES = 4 * 1024 ** 2
const MOST_CONFIG = 16 * 1024 ** 2
const TRUE = /^(true|yes|on|1)$/i
const COMMIT = /^([0-9a-f]{40}|[0-9a-f]{64})$/
const KEYS = '^(remote\\..*\\.(url|promisor)|extensions\\.partialclone)$'

/** The commits at which a shallow clone ends. A stranger may have made the file: only a regular one is read. */
const readRoots = async (path: string): Promise<readonly string[]> => {
  const flags = constants.O_RDONLY | constants.O_NONBLOCK
  const file = await open(path, flags).catch(() => undefined)
  if (file === undefined) return []
  try {
    const stats = await file.stat()
    if (!stats.isFile() || stats.size > MOST_BYTES) return []
    return (await file.readFile('utf8')).split('\n').filter((line) => COMMIT.test(line))
  } finally {
    await file.close()
  }
}

type Remotes = {
  readonly urls: ReadonlyMap<string, string>
  /** The remote that a partial clone takes missing objects from. */
  readonly promisor: string | undefined
}

/** Rows of `git config --null`: a key without a value has no line break. */
const parseRemotes = (text: string): Remotes => {
  const urls = new Map<string, string>()
  let promisor: string | undefined
  for (const row of text.split('\0').filter(Boolean)) {
    const end = row.indexOf('\n')
    const key = end < 0 ? row : row.slice(0, end)
    const value = end < 0 ? 'true' : row.slice(end + 1)
    const name = key.slice('remote.'.length, key.lastIndexOf('.'))
    if (key === 'extensions.partialclone') promisor = value
    else if (key.endsWith('.promisor')) promisor = TRUE.test(value) ? (promisor ?? name) : promisor
    else if (!urls.has(name)) urls.set(name, value)
  }
  return { urls, promisor }
}

/** A shallow clone does not remember which remote it is of. */
const nameOf = ({ urls, promisor }: Remotes): string | undefined =>
  promisor ?? (urls.has('origin') || urls.size !== 1 ? 'origin' : [...urls.keys()][0])

const isPath = (url: string): boolean => !/^[^/]*:/.test(url)

/** What the repository of a URL lacks; undefined: nothing, or it is on no folder of this machine. */
export const incompleteClone = async (
  local: Exec,
  url: string,
  signal?: AbortSignal,
): Promise<IncompleteClone | undefined> => {
  const folder = folderOf(url)
  if (folder === undefined) return undefined
  if (!existsSync(join(folder, '.git')) && !existsSync(join(folder, 'HEAD'))) return undefined
  const options = { cwd: folder, limitMs: LIMIT.local, maxBytes: MOST_CONFIG, ...(signal && { signal }) }
  const run = async (args: readonly string[]) =>
    (await local(['-c', 'safe.directory=*', ...args], options)).stdout.toString()
  // A linked work tree has both in the repository that it belongs to.
  const [shallow, config] = await Promise.all([
    run(['rev-parse', '--git-path', 'shallow']),
    run(['config', '--null', '--get-regexp', KEYS]),
  ])
  const roots = shallow === '' ? [] : await readRoots(resolve(folder, shallow.replace(/\n$/, '')))
  const remotes = parseRemotes(config)
  const { promisor } = remotes
  if (roots.length === 0 && promisor === undefined) return undefined
  const name = nameOf(remotes)
  const said = name === undefined ? undefined : remotes.urls.get(name)
  const list = ['for-each-ref', '--format=%(objectname)', `refs/remotes/${promisor}`]
  const tips = promisor === undefined ? [] : (await run(list)).split('\n').filter((line) => COMMIT.test(line))
  return {
    kind: roots.length > 0 ? 'shallow clone' : 'partial clone',
    origin: said === undefined ? null : isPath(said) ? resolve(folder, said) : said,
    commits: [...new Set([...roots, ...tips])],
  }
}
