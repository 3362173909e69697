import type { ContainerSpec } from '../../domain/container-spec.ts'
import { type Compared, compare } from './compared.ts'
import type { ProcessFacts } from './read-process.ts'
import type { WireContainer } from './wire-types.ts'

type Input = {
  readonly spec: ContainerSpec
  readonly wire: WireContainer
  readonly process: ProcessFacts | undefined
}

const PARTS: readonly string[] = ['user', 'role', 'type', 'level']

/** The parts of `user:role:type:level`; a level has colons of its own. */
const partsOf = (label: string): Readonly<Record<string, string>> => {
  const [user = '', role = '', type = '', ...level] = label.split(':')
  return { user, role, type, level: level.join(':') }
}

/** The kernel's word on the label; that of a container without one is the engine's. */
export const securityLabel = ({ spec, wire, process }: Input): readonly Compared[] => {
  const asked = spec.securityLabel
  if (asked === undefined) return []
  const words = asked.join(' ')
  if (words === 'disable') return [compare('security label', words, wire.ProcessLabel || words)]
  const label = process?.label ?? wire.ProcessLabel ?? ''
  const parts = partsOf(label)
  const same = asked.every((option) => {
    const part = PARTS.find((name) => option.startsWith(`${name}:`)) ?? ''
    return parts[part] === option.slice(part.length + 1)
  })
  return [compare('security label', words, label || 'none', same)]
}

/** The kernel's word on the profile, which adds its mode. */
export const apparmor = ({ spec, wire, process }: Input): readonly Compared[] => {
  if (spec.apparmor === undefined) return []
  const effective = process?.label?.replace(/ \(\w+\)$/, '') ?? wire.AppArmorProfile ?? ''
  return [compare('apparmor', spec.apparmor, effective || 'none')]
}
