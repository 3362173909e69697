import type { Weakness } from '../../../fixtures/weak-gateway/weak-checks.ts'

/**
 * One attack on the way out, as data. It runs twice in a sandbox: by a gateway in which one check is off, where it must
 * succeed, and by the gateway of the package, where it must fail. It succeeds when a server outside sees its mark, or by
 * what it says.
 */
export type NetworkAttack = {
  /** The attack, and what must hold: "a foreign server name: the server is not asked". */
  readonly name: string
  readonly off: readonly Weakness[]
  /** Beside `python-lib.ts` it has what `network-lib.ts` defines; MARK is a word of its own. At most five seconds. */
  readonly python: string
  /** Runs before all attacks, for what takes longer. */
  readonly before?: string
  /** Where its output tells of success instead of a server: what it says then. */
  readonly succeeds?: RegExp
  /** Where the gateway's log tells: more lines with its mark than this, or a line that it forged. */
  readonly logs?: { readonly lines: number } | { readonly forges: true }
}
