/** Settings as the engine reports them after the start, beside what was asked for; `enforced` false: the engine can't. */
export type EffectiveSettings = readonly {
  readonly setting: string
  readonly asked: string
  readonly effective: string
  readonly enforced: boolean
}[]
