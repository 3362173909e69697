/** Where a rule comes from, as `berth net rules` shows it. */
export type RuleOrigin = 'policy' | 'provider' | 'forge' | 'configuration' | 'preset' | 'flag' | 'project' | 'live'

/**
 * One rule on what a task may reach. Rules are data: they stand in the plan, in the gateway's task and in the answer of
 * `berth net rules`. Hosts are canonical, as `parseHost` gives them.
 */
export type NetworkRule = {
  readonly effect: 'allow' | 'deny'
  /** A name, an address, or `*.example.org` for every name below example.org. */
  readonly host: string
  /** Null: 80 and 443. */
  readonly port: number | null
  /** What the gateway does with a TLS connection: pass it on unread, or end it and read each request. */
  readonly tls: 'tunnel' | 'inspect'
  /** Absent: every method. Only an inspected or plain request shows its method. */
  readonly methods?: readonly string[]
  /** `/a/b` for this path, `/a/*` for all below. Absent: every path. Only an inspected or plain request shows its path. */
  readonly paths?: readonly string[]
  /** The host may have a private address. */
  readonly private?: true
  /** A git push may pass. */
  readonly push?: true
  /** What the user wrote, such as `npm` or `example.org:8443`: the word that takes the rule away again. */
  readonly target: string
  readonly origin: RuleOrigin
}
