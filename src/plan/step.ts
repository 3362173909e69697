/** One effect. `needs` are the ids of steps that must be over; what needs nothing in common runs side by side. */
export type Step = {
  readonly id: StepId
  readonly needs: readonly StepId[]
  /** Why this step is there, for --dry-run. */
  readonly cause: string
}

export type StepId =
  | 'folders'
  | 'prompt'
  | 'mirror'
  | 'tree'
  | 'copy'
  | 'exchange'
  | 'gateway'
  | 'create'
  | 'start'
  | 'check'
  | 'order'
