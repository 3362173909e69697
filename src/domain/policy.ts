/** What a container gives to the agent in it. The one table of that: plan, checks, texts and `docs/policies.md` read it. */
export type Tier = {
  /** `gateway`: a loopback, and what the gateway lets through. `engine`: the engine's own network. */
  readonly network: 'gateway' | 'engine'
  /**
   * `never`: no program becomes another user. `inside`: setuid programs work, and where the container's root is the
   * caller outside, the agent is that root.
   */
  readonly root: 'never' | 'inside'
  /** The capabilities that root in the container has; the engine takes away all others. */
  readonly capabilities: readonly string[]
  /** Whose filter of system calls holds. */
  readonly seccomp: 'berth' | 'engine'
}

/** What engines give by themselves, where they agree and where they do not. */
export const ENGINE_CAPABILITIES: readonly string[] =
  'AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE NET_RAW SETFCAP SETGID SETPCAP SETUID SYS_CHROOT'.split(
    ' ',
  )

/** Of those the ones that package managers and sudo use: no raw packets, no device files, no audit log. */
const ROOT_CAPABILITIES = ENGINE_CAPABILITIES.filter((name) => !['AUDIT_WRITE', 'MKNOD', 'NET_RAW'].includes(name))

export const TIERS = {
  sandboxed: { network: 'gateway', root: 'never', capabilities: [], seccomp: 'berth' },
  open: { network: 'engine', root: 'never', capabilities: [], seccomp: 'berth' },
  privileged: { network: 'engine', root: 'inside', capabilities: ROOT_CAPABILITIES, seccomp: 'engine' },
} as const satisfies Readonly<Record<string, Tier>>

export type Policy = keyof typeof TIERS

export const POLICIES = Object.keys(TIERS) as [Policy, ...Policy[]]

/** A task on the host has no tier: nothing holds it. */
export const tierOf = ({ policy, isolation }: { readonly policy: Policy; readonly isolation: string }): Tier | null =>
  isolation === 'host' ? null : TIERS[policy]

/** The capabilities that an engine is told to take away, so that those of the tier are left. */
export const droppedBy = ({ capabilities }: Tier): readonly string[] =>
  capabilities.length === 0 ? ['ALL'] : ENGINE_CAPABILITIES.filter((name) => !capabilities.includes(name))

/** What the agent may do beside reaching the network, for `--dry-run` and the docs. */
export const rightsWords = ({ root, capabilities, seccomp }: Tier): string =>
  [
    root === 'never' ? 'cannot gain rights' : 'can become root in its container',
    capabilities.length === 0 ? 'no capabilities' : `capabilities ${capabilities.join(' ')}`,
    seccomp === 'berth' ? "Berth's filter of system calls" : "the engine's filter of system calls",
  ].join(', ')
