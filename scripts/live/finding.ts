export type Finding = {
  readonly step: string
  readonly result: 'ok' | 'differs' | 'failed'
  readonly words: string
  /** What is otherwise than in the recordings and the scripted servers. */
  readonly differences: readonly string[]
  /** Headers of limits as they came. */
  readonly limits: Readonly<Record<string, string>>
}

export const finding = (step: string, words: string, more: Partial<Omit<Finding, 'step' | 'words'>> = {}): Finding => ({
  step,
  result: (more.differences?.length ?? 0) > 0 ? 'differs' : 'ok',
  words,
  differences: [],
  limits: {},
  ...more,
})

export const failedStep = (step: string, error: unknown): Finding =>
  finding(step, error instanceof Error ? error.message : String(error), { result: 'failed' })
