/** One effect. `needs` are the ids of steps that must be over first; independent steps run in parallel. */
export type Step = {
  readonly id: StepId
  readonly needs: readonly StepId[]
  /** Why the plan has this step, for --dry-run. */
  readonly cause: string
}

export type StepId =
  | 'folders'
  | 'prompt'
  | 'token'
  | 'bare'
  | 'mirror'
  | 'lfs'
  | 'modules'
  | 'tree'
  | 'copy'
  | 'exchange'
  | 'gateway'
  | 'create'
  | 'start'
  | 'check'
  | 'login'
  | 'daemon'
  | 'key'
  | 'order'
