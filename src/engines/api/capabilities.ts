/** Linux' capabilities by their bit. */
const NAMES = (
  'CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE ' +
  'NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN ' +
  'SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE ' +
  'MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE'
).split(' ')

/** What engines give by themselves; an inspect tells what was dropped of it. */
const DEFAULT = 'CHOWN DAC_OVERRIDE FOWNER FSETID KILL NET_BIND_SERVICE SETFCAP SETGID SETPCAP SETUID SYS_CHROOT'.split(
  ' ',
)

const bare = (name: string) => name.toUpperCase().replace(/^CAP_/, '')

/** Names in a mask as /proc writes it: hexadecimal. */
export const capabilitiesOf = (mask: string): readonly string[] => {
  const bits = BigInt(`0x${mask}`)
  return Array.from({ length: 64 }, (_, bit) => bit)
    .filter((bit) => (bits >> BigInt(bit)) & 1n)
    .map((bit) => NAMES[bit] ?? `${bit}`)
}

/** Those that should have been dropped and are still held. */
export const heldInSpite = (dropped: readonly string[], held: readonly string[]): readonly string[] => {
  const asked = new Set(dropped.map(bare))
  return held.filter((name) => asked.has('ALL') || asked.has(name))
}

/** What an inspect's lists come to; Docker keeps the word ALL, Podman writes the names out. */
export const capabilitiesByInspect = (drop: readonly string[], add: readonly string[]): readonly string[] => {
  const dropped = new Set(drop.map(bare))
  const left = dropped.has('ALL') ? [] : DEFAULT.filter((name) => !dropped.has(name))
  return [...new Set([...left, ...add.map(bare)])]
}
