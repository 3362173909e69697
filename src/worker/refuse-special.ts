import { type Dirent, readdirSync, readFileSync, realpathSync, type Stats, statSync } from 'node:fs'
import { posix } from 'node:path'
import { namedCommon, namedRepository, placeBelow } from './git-file.ts'

/** One deeper than git itself follows borrowed objects. */
const MOST_ALTERNATES = 6
const MOST_NAMED = 5
const MOST_BYTES = 65_536
/** Files of a work tree that git reads wherever they are. */
const READ: ReadonlySet<string> = new Set(['.gitignore', '.gitattributes', '.gitmodules'])
/** Files of the task's repository that we read, beside refs and objects: git runs in one of ours. */
const OWN = ['HEAD', 'index', 'packed-refs', 'config', 'commondir', 'info', 'info/exclude']

type Kind = Pick<Stats, 'isFile' | 'isDirectory' | 'isFIFO' | 'isSocket'>
/** Paths are bytes, one a character. */
type Look = {
  readonly mirror: string
  readonly found: string[]
  readonly seen: Set<string>
  readonly borrowed: Set<string>
}

const bytesOf = (path: string) => Buffer.from(path, 'latin1')
const latin = (path: string) => Buffer.from(path).toString('latin1')

const kindOf = (found: Kind): string => {
  if (found.isFIFO()) return 'a named pipe'
  return found.isSocket() ? 'a socket' : 'a device'
}

/** What an opening of this path would come upon, links followed; undefined where there is nothing. Nothing is opened. */
const lookAt = (path: string): Stats | undefined => {
  try {
    return statSync(bytesOf(path), { throwIfNoEntry: false })
  } catch {
    return undefined
  }
}

type Entry = Pick<Dirent, 'isFile' | 'isDirectory'> & { readonly name: string }

const listing = (path: string): readonly Entry[] => {
  try {
    return readdirSync(bytesOf(path), { withFileTypes: true, encoding: 'buffer' }).map((entry) => ({
      name: entry.name.toString('latin1'),
      isFile: () => entry.isFile(),
      isDirectory: () => entry.isDirectory(),
    }))
  } catch {
    // What we cannot list git cannot either.
    return []
  }
}

/** Adds a path where opening it would come upon something else than a file or a folder. True: a folder that is new to us. */
const check = (path: string, { found, seen }: Look, sockets = true): boolean => {
  const there = lookAt(path)
  if (there === undefined || there.isFile() || (there.isSocket() && !sockets)) return false
  if (!there.isDirectory()) found.push(`${path} is ${kindOf(there)}`)
  const place = `${there.dev}:${there.ino}`
  if (!there.isDirectory() || seen.has(place)) return false
  seen.add(place)
  return true
}

/** Everything in and below a folder of git's own, links to folders followed. */
const checkAll = (folder: string, look: Look, sockets = true): void => {
  const folders = check(folder, look) ? [folder] : []
  for (let next = folders.pop(); next !== undefined && look.found.length < MOST_NAMED; next = folders.pop())
    for (const entry of listing(next)) {
      const path = `${next}/${entry.name}`
      if (!entry.isFile() && check(path, look, sockets)) folders.push(path)
    }
}

/** The text of a regular file, also behind a link, as git would read it; undefined for anything else. */
const textOf = (path: string, { found }: Look): string | undefined => {
  const there = lookAt(path)
  if (there?.isFile() !== true) return undefined
  if (there.size > MOST_BYTES) found.push(`${path} is too long`)
  try {
    return there.size > MOST_BYTES ? undefined : readFileSync(bytesOf(path), 'latin1')
  } catch {
    return undefined
  }
}

/** Git takes what such a file names from where the folder really is. */
const placeFrom = (folder: string, path: string): string | undefined => {
  try {
    return posix.resolve(realpathSync(bytesOf(folder), { encoding: 'buffer' }).toString('latin1'), path)
  } catch {
    return undefined
  }
}

/** A folder of objects, and those that it borrows from. The mirror is the host's own. */
const checkObjects = (objects: string, look: Look, depth = 0): void => {
  const real = placeFrom(objects, '.')
  if (real === undefined) return void check(objects, look)
  if (depth > MOST_ALTERNATES || real === placeFrom(look.mirror, 'objects') || look.borrowed.has(real)) return
  look.borrowed.add(real)
  checkAll(objects, look)
  const alternates = `${objects}/info/alternates`
  for (const line of (textOf(alternates, look) ?? '').split('\n')) {
    if (line === '' || line.startsWith('#')) continue
    const place = placeFrom(objects, line)
    if (line.startsWith('"')) look.found.push(`${alternates} is a list with a quoted path`)
    else if (place !== undefined) checkObjects(place, look, depth + 1)
  }
}

/** The repository whose branches and objects this one shares. */
const commonOf = (git: string, look: Look): string | undefined => {
  const common = namedCommon(textOf(`${git}/commondir`, look))
  return common === undefined ? undefined : placeBelow(git, common)
}

/** The task's own repository, and the one that it shares. */
const checkOwn = (git: string, look: Look): void => {
  for (const path of [git, ...OWN.map((name) => `${git}/${name}`)]) check(path, look)
  const common = commonOf(git, look)
  if (common !== undefined) check(`${common}/packed-refs`, look)
  for (const place of common === undefined ? [git] : [git, common]) {
    checkAll(`${place}/refs`, look)
    checkObjects(`${place}/objects`, look)
  }
}

/**
 * A repository in which git looks for its commit. A branch there may name every file of it, so nothing that waits may lie
 * in it. A socket does not: opening it fails, and git's own monitor leaves one.
 */
const checkOther = (git: string, look: Look): void => {
  const common = commonOf(git, look)
  for (const place of common === undefined ? [git] : [git, common]) {
    checkAll(place, look, false)
    checkObjects(`${place}/objects`, look)
  }
}

/** True: a folder to look into. */
const checkEntry = (folder: string, entry: Entry, look: Look): boolean => {
  const path = `${folder}/${entry.name}`
  if (entry.name === '.git') {
    const elsewhere = namedRepository(textOf(path, look))
    checkOther(elsewhere === undefined ? path : placeBelow(folder, elsewhere), look)
    return false
  }
  if (entry.isDirectory()) return true
  if (READ.has(entry.name) && !entry.isFile()) check(path, look)
  return false
}

/** What git reads in a work tree beside the files it was told of: also in the repositories of submodules and others that lie in it. */
const checkTree = (work: string, repository: string, look: Look): void => {
  const folders = [work]
  for (let next = folders.pop(); next !== undefined && look.found.length < MOST_NAMED; next = folders.pop())
    for (const entry of listing(next)) {
      const path = `${next}/${entry.name}`
      if (path !== repository && checkEntry(next, entry, look)) folders.push(path)
    }
}

/** Folders of the worktrees that a repository knows of. */
const worktrees = (repository: string, look: Look): readonly string[] =>
  listing(`${repository}/worktrees`).flatMap(
    ({ name }) =>
      textOf(`${repository}/worktrees/${name}/gitdir`, look)
        ?.trim()
        .replace(/\/\.git$/, '') ?? [],
  )

/**
 * Throws where git would open a named pipe, a socket or a device that an agent has left: it would wait for ever. Nothing of
 * the agent's is alive, so what is looked at now is what git will find.
 */
export const refuseSpecial = (input: {
  readonly work: string
  readonly repository: string
  readonly mirror: string
}): void => {
  const [work, repository] = [latin(input.work), latin(input.repository)]
  const look: Look = { mirror: latin(input.mirror), found: [], seen: new Set(), borrowed: new Set() }
  checkOwn(repository, look)
  checkTree(work, repository, look)
  for (const folder of worktrees(repository, look))
    if (!`${folder}/`.startsWith(`${work}/`)) checkTree(folder, repository, look)
  if (look.found.length === 0) return
  const named = look.found.slice(0, MOST_NAMED).map((words) => {
    const [path = '', ...rest] = words.split(' is ')
    return bytesOf(`${posix.relative(work, path) || path} is ${rest.join(' is ')}`).toString('utf8')
  })
  throw new Error(`git was not run in ${input.work}: ${named.join('; ').slice(0, 1000)}`)
}
