/**
 * One attack as data. `sh` or `python` runs as the agent, in a sandbox that the attacks of one table share; so it must end
 * by itself within ten seconds, and leave the sandbox usable.
 */
export type Attack = {
  /** The attack, and what must hold: "a body behind GET: no second request upstream". */
  readonly name: string
  readonly sh?: string
  /** Beside the standard library it has what `python-lib.ts` defines. */
  readonly python?: string
  /** What its output must and must not show. */
  readonly prints?: RegExp
  readonly neverPrints?: RegExp
  /** Targets that the model's server must never see. */
  readonly neverAsks?: RegExp
  /** Types of events that the task's journal must hold in the end. */
  readonly events?: readonly string[]
  /** It hurts its own sandbox: it gets one for itself, and its task must end in one of these states. */
  readonly ends?: readonly string[]
}
