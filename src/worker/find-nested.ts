import { type Dirent, lstatSync, readdirSync, statSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { namedCommon, namedRepository, placeBelow } from './git-file.ts'
import { linkedHead, readRegular } from './read-refs.ts'

const MOST_ENTRIES = 3_000_000
const MOST_FOUND = 50

/** A repository inside the work folder, or a worktree of the agent's beside it. */
export type Nested = {
  /** Below the work folder, or from the root; its bytes, one a character. */
  readonly path: string
  /** A link to it whose own name is ASCII: programs are given text. */
  readonly at: string
  /** Its repository, and the one whose objects and branches it has. Null: git could not read it. */
  readonly git: string | null
  readonly common: string | null
  readonly isInside: boolean
}

const bytesOf = (path: string) => Buffer.from(path, 'latin1')
const latin = (path: string) => Buffer.from(path).toString('latin1')

const entriesOf = (folder: string): readonly Dirent<Buffer>[] => {
  try {
    return readdirSync(bytesOf(folder), { withFileTypes: true, encoding: 'buffer' })
  } catch {
    return []
  }
}

const namesIn = (folder: string): { readonly count: number; readonly hasGit: boolean; readonly folders: string[] } => {
  const entries = entriesOf(folder)
  const folders: string[] = []
  let hasGit = false
  for (const entry of entries) {
    const name = entry.name.toString('latin1')
    if (name === '.git') hasGit = true
    else if (entry.isDirectory()) folders.push(name)
  }
  return { count: entries.length, hasGit, folders }
}

/** Folders below this one that have a `.git`, the outer ones first; `cut`: there was too much to look at. */
export const foldersWithGit = (work: string): { readonly paths: readonly string[]; readonly cut: boolean } => {
  const top = latin(work)
  const paths: string[] = []
  const folders = ['']
  let looked = 0
  for (let at = 0; at < folders.length; at += 1) {
    const below = folders[at] ?? ''
    const names = namesIn(`${top}/${below}`)
    looked += names.count
    if (names.hasGit && below !== '') paths.push(below.slice(0, -1))
    for (const name of names.folders) folders.push(`${below}${name}/`)
    if (looked > MOST_ENTRIES || paths.length > MOST_FOUND) return { paths: paths.slice(0, MOST_FOUND), cut: true }
  }
  return { paths, cut: false }
}

const isRepository = (git: string) =>
  lstatSync(`${git}/HEAD`, { throwIfNoEntry: false })?.isFile() === true || linkedHead(git) !== undefined

/** Programs and we ourselves take `..` in a path by its text; behind a link the kernel takes it by what is there. */
const linkTo = (place: string, link: string): string => {
  symlinkSync(place, link)
  return link
}

const gitOf = (at: string): string | null => {
  const elsewhere = namedRepository(readRegular(`${at}/.git`))
  const place = elsewhere === undefined ? `${at}/.git` : linkTo(placeBelow(at, elsewhere), `${at}.git`)
  return isRepository(place) ? place : null
}

const commonOf = (git: string, at: string): string => {
  const common = namedCommon(readRegular(`${git}/commondir`))
  return common === undefined ? git : linkTo(placeBelow(git, common), `${at}.common`)
}

export const isSameFolder = (a: string, b: string): boolean => {
  const [one, other] = [statSync(a, { throwIfNoEntry: false }), statSync(b, { throwIfNoEntry: false })]
  return one !== undefined && other !== undefined && one.dev === other.dev && one.ino === other.ino
}

/** Worktrees that the agent's own repository knows of, by the folders that they lie in. */
const worktreesOf = (repository: string): readonly { readonly path: string; readonly git: string }[] =>
  entriesOf(latin(`${repository}/worktrees`))
    .filter((entry) => entry.isDirectory())
    .map((entry) => `${repository}/worktrees/${entry.name.toString('utf8')}`)
    .flatMap((git) => {
      const place = readRegular(`${git}/gitdir`)
        ?.trim()
        .replace(/\/\.git$/, '')
      return place === undefined ? [] : [{ path: latin(place), git }]
    })

/** Repositories inside the work folder and worktrees beside it. */
export const findNested = (input: {
  readonly work: string
  readonly repository: string
  /** Where links to them are made. */
  readonly scratch: string
}): { readonly nested: readonly Nested[]; readonly cut: boolean } => {
  const { work, repository, scratch } = input
  const { paths, cut } = foldersWithGit(work)
  const nested: Nested[] = []
  const add = (path: string, isInside: boolean, known: string | null) => {
    const at = join(scratch, `nested-${nested.length}`)
    symlinkSync(bytesOf(isInside ? `${latin(work)}/${path}` : path), at)
    const git = known ?? gitOf(at)
    nested.push({ path, at, git, common: git === null ? null : commonOf(git, at), isInside })
  }
  for (const path of paths) add(path, true, null)
  for (const { path, git } of worktreesOf(repository).slice(0, MOST_FOUND)) {
    const known = nested.some((one) => one.git !== null && isSameFolder(one.git, git))
    if (!known && isRepository(git)) add(path, false, git)
  }
  return { nested, cut }
}
