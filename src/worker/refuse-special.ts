import { type Dirent, readdirSync, type Stats, statSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { readRegular } from './read-refs.ts'

/** As deep as git itself follows borrowed objects. */
const MOST_ALTERNATES = 5
const MOST_NAMED = 5
/** Files of a work tree that git reads wherever they are. */
const READ: ReadonlySet<string> = new Set(['.gitignore', '.gitattributes', '.gitmodules'])

type Kind = Pick<Stats, 'isFile' | 'isDirectory' | 'isFIFO' | 'isSocket'>

const kindOf = (found: Kind): string => {
  if (found.isFIFO()) return 'a named pipe'
  return found.isSocket() ? 'a socket' : 'a device'
}

/** What an opening of this path would come upon, links followed; undefined where there is nothing. Nothing is opened. */
const lookAt = (path: string): Stats | undefined => {
  try {
    return statSync(path, { throwIfNoEntry: false })
  } catch {
    return undefined
  }
}

const listing = (path: string): readonly Dirent[] => {
  try {
    return readdirSync(path, { withFileTypes: true })
  } catch {
    // What we cannot list git cannot either.
    return []
  }
}

const isSpecial = (found: Kind): boolean => !found.isFile() && !found.isDirectory()

/** Adds a path where opening it would come upon something else than a file or a folder. */
const check = (path: string, found: string[]): void => {
  const there = lookAt(path)
  if (there !== undefined && isSpecial(there)) found.push(`${path} is ${kindOf(there)}`)
}

/** Everything in and below a folder of git's own. */
const checkAll = (folder: string, found: string[]): void => {
  const folders = [folder]
  for (let next = folders.pop(); next !== undefined && found.length < MOST_NAMED; next = folders.pop())
    for (const entry of listing(next)) {
      const path = join(next, entry.name)
      if (entry.isDirectory()) folders.push(path)
      else if (!entry.isFile()) check(path, found)
    }
}

/** A folder of objects, and those that it borrows from. The mirror is the host's own. */
const checkObjects = (objects: string, mirror: string, found: string[], depth = 0): void => {
  if (resolve(objects) === resolve(mirror, 'objects') || depth > MOST_ALTERNATES) return
  check(objects, found)
  checkAll(objects, found)
  for (const line of (readRegular(join(objects, 'info/alternates'), 65_536) ?? '').split('\n'))
    if (line !== '' && !line.startsWith('#')) checkObjects(resolve(objects, line), mirror, found, depth + 1)
}

/** What git reads in a work tree beside the files it was told of: also in the repositories of submodules and others that lie in it. */
const checkTree = (work: string, repository: string, found: string[]): void => {
  const folders = [work]
  for (let next = folders.pop(); next !== undefined && found.length < MOST_NAMED; next = folders.pop())
    for (const entry of listing(next)) {
      const path = join(next, entry.name)
      if (path === repository) continue
      if (entry.name === '.git') {
        check(path, found)
        if (entry.isDirectory()) checkAll(path, found)
      } else if (entry.isDirectory()) folders.push(path)
      else if (READ.has(entry.name) && !entry.isFile()) check(path, found)
    }
}

/**
 * Throws where git would open a named pipe, a socket or a device that an agent has left: it would wait for ever. Nothing of
 * the agent's is alive, so what is looked at now is what git will find.
 */
export const refuseSpecial = (input: {
  readonly work: string
  readonly repository: string
  readonly mirror: string
}): void => {
  const { work, repository, mirror } = input
  const found: string[] = []
  for (const name of ['', 'HEAD', 'index', 'packed-refs', 'info', 'info/exclude']) check(join(repository, name), found)
  checkAll(join(repository, 'refs'), found)
  checkObjects(join(repository, 'objects'), mirror, found)
  checkTree(work, repository, found)
  if (found.length === 0) return
  const named = found.slice(0, MOST_NAMED).map((words) => {
    const [path = '', ...rest] = words.split(' is ')
    return `${relative(work, path) || path} is ${rest.join(' is ')}`
  })
  throw new Error(`git was not run in ${work}: ${named.join('; ').slice(0, 1000)}`)
}
