import { BerthError } from './errors.ts'
import { refProblem } from './ref-name.ts'
import { type Transport, urlProblem } from './repository-url.ts'
import { hasPassword, shownSource } from './shown-source.ts'

export type Source =
  | { readonly kind: 'none' }
  /**
   * A folder: absolute, or relative to the caller's. `~` is already replaced by the home folder, if the caller has one.
   */
  | { readonly kind: 'local'; readonly path: string }
  | {
      readonly kind: 'url'
      readonly url: string
      readonly transport: Transport
      readonly name: string
      readonly shorthand: boolean
    }

type Options = {
  /** Where `owner/name` lives. */
  readonly host?: string | undefined
  /** The caller's home folder, for `~`. */
  readonly home?: string | undefined
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: refused
const CONTROL = /[\x00-\x1f\x7f-\x9f\u2028\u2029]/
const LOCAL = /^(\.{1,2}|~)?(\/|$)/
const SHORTHAND = /^([^/]*)\/([^/]*)$/
const NAME = /^[A-Za-z0-9_.][A-Za-z0-9_.-]{0,99}$/

const bad = (repo: string, why: string): BerthError =>
  new BerthError('bad-repository', `read the repository ${shownSource(repo)}: ${why}`)

/** Reads the value of --repo. BerthError bad-repository, url-with-password; no message contains a password. */
export const parseSource = (repo: string | undefined, options: Options = {}): Source => {
  if (repo === undefined) return { kind: 'none' }
  if (hasPassword(repo)) {
    throw new BerthError(
      'url-with-password',
      `read the repository ${shownSource(repo)}: a URL must not hold a password`,
    )
  }
  if (repo.trim() === '') throw bad(repo, 'it is empty')
  if (CONTROL.test(repo) || !repo.isWellFormed()) throw bad(repo, 'it has a control character')
  if (repo.startsWith('-')) throw bad(repo, 'it begins with a dash, like an option')
  if (LOCAL.test(repo)) return { kind: 'local', path: expandHome(repo, options.home) }
  const shorthand = SHORTHAND.exec(repo)
  const url = shorthand === null || repo.includes(':') ? repo : expand(repo, shorthand, options.host ?? 'github.com')
  const parsed = urlProblem(url)
  if (typeof parsed === 'string') throw bad(repo, parsed)
  return { kind: 'url', url, ...parsed, shorthand: url !== repo }
}

const expandHome = (path: string, home: string | undefined) =>
  path.startsWith('~') && home !== undefined ? `${home}${path.slice(1)}` : path

const expand = (repo: string, [, owner = '', last = '']: readonly string[], host: string): string => {
  const name = last.replace(/\.git$/, '')
  for (const part of [owner, name]) {
    if (/^\.*$/.test(part)) throw bad(repo, 'write it as owner/name')
    if (!NAME.test(part)) throw bad(repo, 'an owner and a name hold letters, digits and . _ - only')
  }
  return `https://${host}/${owner}/${name}.git`
}

/** Checks a branch, tag, full ref or commit that the user gave. BerthError bad-ref. */
export const checkRef = (ref: string): string => {
  const problem = refProblem(ref)
  if (problem !== undefined) throw new BerthError('bad-ref', `read the ref ${shownSource(ref)}: ${problem}`)
  return ref
}

/** Checks the name of a branch to create or push to, without `refs/heads/`. BerthError bad-ref. */
export const checkBranch = (branch: string): string => {
  const problem =
    refProblem(branch) ??
    (branch === 'HEAD' ? 'HEAD is not a branch' : undefined) ??
    (branch.startsWith('refs/') ? 'give the short name, without refs/heads/' : undefined)
  if (problem !== undefined) throw new BerthError('bad-ref', `read the branch ${shownSource(branch)}: ${problem}`)
  return branch
}
