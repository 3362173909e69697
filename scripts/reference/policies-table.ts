import { POLICIES, TIERS, type Tier } from '../../src/domain/policy.ts'

const ROWS: readonly (readonly [string, (tier: Tier) => string])[] = [
  [
    'Network',
    ({ network }) => (network === 'gateway' ? 'a loopback; the model, and what `--allow` names' : "the engine's own"),
  ],
  [
    'Root in the container',
    ({ root }) =>
      root === 'never'
        ? 'never; on rootless Docker it is you, without capabilities'
        : 'by setuid programs, or from the start (below)',
  ],
  ['`no-new-privileges`', ({ root }) => (root === 'never' ? 'on' : 'off')],
  [
    'Capabilities',
    ({ capabilities }) =>
      capabilities.length === 0 ? 'none' : `of root: ${capabilities.map((name) => `\`${name}\``).join(', ')}`,
  ],
  ['System calls', ({ seccomp }) => (seccomp === 'berth' ? "Berth's seccomp profile" : "the engine's seccomp profile")],
  ['Devices', () => "the engine's own, such as `/dev/null`; beside them what `--device` and `--gpus` name"],
  ['`--publish`', ({ network }) => (network === 'gateway' ? 'refused; use `berth forward`' : 'yes')],
  ['Writable volumes and `--source mount`', ({ root }) => (root === 'never' ? 'yes' : 'on rootless engines')],
  ['`--keep-alive`', ({ root }) => (root === 'never' ? 'yes' : 'ignored, with a warning')],
  ['`--shared-tree`', ({ root }) => (root === 'never' ? 'yes' : 'refused')],
]

/** What each policy gives, a column each. */
export const policiesTable = (): string => {
  const heads = ['', ...POLICIES.map((policy) => `\`${policy}\``)]
  const rows = ROWS.map(([name, words]) => [name, ...POLICIES.map((policy) => words(TIERS[policy]))])
  return [heads, heads.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')
}
