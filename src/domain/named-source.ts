import { REPOSITORY_FOLDER } from './repository-folder.ts'
import { parseSource } from './source.ts'

/** A repository as the user names it, and the folder that it shall lie in. */
export type NamedSource = { readonly repo: string; readonly folder?: string }

const isSource = (repo: string): boolean => {
  try {
    return parseSource(repo).kind !== 'none'
  } catch {
    return false
  }
}

/**
 * Reads REPOSITORY or REPOSITORY:FOLDER. What follows the last `:` is a folder only if what stands before it is a
 * repository by itself, so `git@host:app` has none.
 */
export const parseNamedSource = (text: string): NamedSource => {
  const at = text.lastIndexOf(':')
  const repo = text.slice(0, Math.max(0, at))
  const folder = text.slice(at + 1)
  return at > 0 && REPOSITORY_FOLDER.test(folder) && isSource(repo) ? { repo, folder } : { repo: text }
}
