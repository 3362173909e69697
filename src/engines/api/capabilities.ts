import { ENGINE_CAPABILITIES } from '../../domain/policy.ts'

/** What engines give by themselves; an inspect tells what was dropped of it. */
const DEFAULT = 'CHOWN DAC_OVERRIDE FOWNER FSETID KILL NET_BIND_SERVICE SETFCAP SETGID SETPCAP SETUID SYS_CHROOT'.split(
  ' ',
)

const bare = (name: string) => name.toUpperCase().replace(/^CAP_/, '')

/** Those that are held and should not: the dropped ones, and any beyond what engines give by themselves. */
export const heldInSpite = (dropped: readonly string[], held: readonly string[]): readonly string[] => {
  const asked = new Set(dropped.map(bare))
  return held.filter((name) => asked.has('ALL') || asked.has(name) || !ENGINE_CAPABILITIES.includes(name))
}

/** Those that the container's root should have and has not. Where nothing is dropped, an engine's own default is as good. */
export const missingFrom = (dropped: readonly string[], held: readonly string[]): readonly string[] => {
  const gone = new Set(dropped.map(bare))
  if (gone.size === 0 || gone.has('ALL')) return []
  return ENGINE_CAPABILITIES.filter((name) => !gone.has(name) && !held.includes(name))
}

/** What an inspect's lists come to; Docker keeps the word ALL, Podman writes the names out. */
export const capabilitiesByInspect = (drop: readonly string[], add: readonly string[]): readonly string[] => {
  const dropped = new Set(drop.map(bare))
  const left = dropped.has('ALL') ? [] : DEFAULT.filter((name) => !dropped.has(name))
  return [...new Set([...left, ...add.map(bare)])]
}
