/**
 * Work of a task outside the branch that it publishes: another branch, a tag, a stash, a repository in the work folder.
 */
export type OtherWork = {
  /** As `--branch` takes it. */
  readonly name: string
  /** Null: it is only in the workspace. */
  readonly sha: string | null
  /** Where it is in the task's publish.git; absent where it is not. */
  readonly ref?: string
  /** How many commits it has that the published work lacks; absent if nobody counted them. */
  readonly commits?: number
}
