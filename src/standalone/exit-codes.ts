/** The exit codes of the steps that come before and after the agent, by the class that exit.json names. */
export const EXIT_CODES = {
  input: 64,
  clone: 65,
  checkout: 66,
  'no-cli': 67,
  'no-credentials': 68,
  output: 69,
} as const

export type FailedStep = keyof typeof EXIT_CODES

/** A step failed, and the run is over. The message says what was tried and what happened, the hint what to do. */
export class StepFailed extends Error {
  readonly step: FailedStep
  readonly hint: string
  constructor(step: FailedStep, message: string, hint: string, cause?: unknown) {
    super(message, { cause })
    this.step = step
    this.hint = hint
  }
}
