/** The name of the list beside the repositories of submodules. */
export const MODULE_LIST = 'list.json'

/** A submodule that the worker checks out. */
export type ModuleRow = {
  /** Its folder, from the top of the work tree. */
  readonly path: string
  /** Its folder in the repository that names it. */
  readonly within: string
  /** The repository that names it, below `.git` of the work tree; '': that one itself. */
  readonly outer: string
  readonly name: string
  readonly url: string
  readonly sha: string
  /** The folder beside the list that has its objects. */
  readonly repository: string
}

/** The submodules of a commit, each one after the one that it lies in. */
export type ModuleList = { readonly commit: string; readonly modules: readonly ModuleRow[] }

/** Where the repository of a submodule lies, below `.git` of the work tree. */
export const moduleGit = ({ outer, name }: Pick<ModuleRow, 'outer' | 'name'>): string =>
  `${outer === '' ? '' : `${outer}/`}modules/${name}`
