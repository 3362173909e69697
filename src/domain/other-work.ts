/** Work of a task that is not on what it publishes: another branch, a tag, a stash, a repository inside the work folder. */
export type OtherWork = {
  /** As `--branch` takes it. */
  readonly name: string
  /** Null: it lies in the workspace alone. */
  readonly sha: string | null
  /** Where it is in the task's publish.git; absent where it is not. */
  readonly ref?: string
  /** How many commits it has that the published work has not; absent where nobody counted. */
  readonly commits?: number
}
