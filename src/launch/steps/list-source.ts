import { lstatSync, type Stats, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { BerthError } from '../../domain/errors.ts'
import { formatBytes } from '../../std/bytes.ts'
import { spawn } from '../../std/spawn.ts'

const LIMIT_MS = 10 * 60_000
const LIST_BYTES = 256 * 1024 ** 2
const MOST_BYTES = 64 * 1024 ** 3
const MOST_REPOSITORIES = 1000
const ENV = {
  PATH: '/usr/local/bin:/usr/bin:/bin',
  LANG: 'C.UTF-8',
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_ATTR_NOSYSTEM: '1',
  GIT_OPTIONAL_LOCKS: '0',
  GIT_ALLOW_PROTOCOL: '',
  GIT_NO_LAZY_FETCH: '1',
  GIT_TERMINAL_PROMPT: '0',
}
/** A repository of the folder's own says what is tracked; nothing that it has configured runs. */
const SAFE = [
  'safe.directory=*',
  'core.fsmonitor=false',
  'core.hooksPath=/dev/null',
  'core.untrackedCache=false',
].flatMap((one) => ['-c', one])
const OTHERS = ['ls-files', '-z', '--others', '--exclude-standard']

type Source = { readonly folder: string; readonly scratch: string; readonly signal: AbortSignal }
type Run = (args: readonly string[]) => ReturnType<typeof spawn>

const refused = ({ folder }: Source, why: string) => new BerthError('bad-repository', `${folder}: ${why}`)

const rows = (list: Buffer) => list.toString('latin1').split('\0').filter(Boolean)
const bytesOf = (path: string) => Buffer.from(path, 'latin1')

/** Whether the repository around `at` has a word on its files: one that ignores the whole folder has not. */
const isOfRepository = async (run: Run, hasOwn: boolean): Promise<boolean> => {
  if (hasOwn) return true
  const inside = await run([...SAFE, 'rev-parse', '--is-inside-work-tree'])
  if (inside.code !== 0 || inside.stdout.toString().trim() !== 'true') return false
  return (await run([...SAFE, 'check-ignore', '--quiet', '.'])).code === 1
}

const bare = (scratch: string) => join(scratch, 'git')

/** Paths below a folder as git sees them: what is tracked, and what no .gitignore names. */
const listOne = async (source: Source, at: string, own: boolean | 'look'): Promise<readonly string[]> => {
  const { scratch, signal } = source
  const limits = { env: ENV, limitMs: LIMIT_MS, maxBytes: LIST_BYTES, signal }
  const run: Run = (args) => spawn('git', args, { cwd: at, ...limits })
  if (own === true || (own === 'look' && (await isOfRepository(run, false)))) {
    const listed = await run([...SAFE, ...OTHERS, '--cached'])
    if (listed.code === 0) return rows(listed.stdout)
  }
  const made = await spawn('git', ['init', '--quiet', '--bare', bare(scratch)], limits)
  const args = ['--git-dir', bare(scratch), '--work-tree', at, ...SAFE, '-c', 'core.bare=false', ...OTHERS]
  const listed = made.code === 0 ? await run(args) : made
  if (listed.code !== 0) throw refused(source, `listing its files failed: ${listed.stderr.trim()}`)
  return rows(listed.stdout)
}

const statsOf = (folder: string, path: string): Stats | undefined => {
  try {
    return lstatSync(bytesOf(join(folder, path)))
  } catch {
    return undefined
  }
}

/** A name of ASCII for a folder that need not have one: programs are given text for arguments. */
const linkTo = ({ scratch }: Source, path: string, count: number): string => {
  const link = join(scratch, `at-${count}`)
  symlinkSync(bytesOf(path), link)
  return link
}

/** `folders`: those whose files are to be listed too, below the source. */
type Found = { readonly files: Set<string>; readonly folders: string[]; bytes: number }

const takeIn = (found: Found, top: string, path: string): void => {
  const stats = statsOf(top, path)
  // Deleted since it was tracked, or left out of a sparse checkout.
  if (stats === undefined || found.files.has(path)) return
  if (stats.isDirectory()) found.folders.push(`${path}/`)
  else if (stats.isFile() || stats.isSymbolicLink()) {
    found.files.add(path)
    found.bytes += stats.size
  }
}

/**
 * The files of a folder less what its .gitignore files name: tracked ones though they are ignored, and those of submodules
 * and of repositories inside by their own rules. Names are bytes, one a character, in the order in which git tells them.
 */
export const listSource = async (source: Source): Promise<readonly string[]> => {
  const top = Buffer.from(source.folder).toString('latin1')
  const found: Found = { files: new Set(), folders: [''], bytes: 0 }
  for (let count = 0; count < found.folders.length; count += 1) {
    if (count > MOST_REPOSITORIES) throw refused(source, `it has more than ${MOST_REPOSITORIES} repositories inside`)
    const below = found.folders[count] ?? ''
    const hasOwn = statsOf(top, `${below}.git`) !== undefined
    const at = below === '' ? source.folder : linkTo(source, join(top, below), count)
    for (const name of await listOne(source, at, hasOwn || (below === '' && 'look')))
      takeIn(found, top, below + name.replace(/\/+$/, ''))
    if (found.bytes > MOST_BYTES)
      throw refused(source, `its files have more than ${formatBytes(MOST_BYTES)} together, more than Berth copies`)
  }
  return [...found.files]
}
