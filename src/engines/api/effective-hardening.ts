import type { ContainerSpec, Tmpfs } from '../../domain/container-spec.ts'
import { type Compared, compare } from './compared.ts'
import { apparmor, securityLabel } from './effective-label.ts'
import type { ProcessFacts } from './read-process.ts'
import type { WireContainer } from './wire-types.ts'

type Input = {
  readonly spec: ContainerSpec
  readonly wire: WireContainer
  readonly process: ProcessFacts | undefined
}

/** As the kernel writes a path in its list of mounts. */
const escaped = (path: string) =>
  path.replaceAll(/[\\ \t\n]/g, (letter) => `\\${letter.charCodeAt(0).toString(8).padStart(3, '0')}`)

type KernelMount = { readonly kind: string; readonly options: readonly string[] }

/** The kernel's word on what is mounted there; undefined where it cannot be read, null where nothing is. */
const mountAt = (process: ProcessFacts | undefined, target: string): KernelMount | null | undefined => {
  if (process?.mounts === undefined) return undefined
  const lines = process.mounts.split('\n').map((line) => line.split(' '))
  const found = lines.findLast(([, at]) => at === escaped(target))
  return found === undefined ? null : { kind: found[2] ?? '', options: found[3]?.split(',') ?? [] }
}

const readOnlyRoot = ({ spec, wire, process }: Input): readonly Compared[] => {
  if (spec.readOnlyRoot !== true) return []
  const root = mountAt(process, '/')
  const real = root?.options.includes('ro') ?? wire.HostConfig?.ReadonlyRootfs === true
  return [compare('read-only root', 'true', `${real}`)]
}

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 }

/** The kernel rounds a size up to whole pages, and writes it in the unit that it likes. */
const sizeWord = (options: readonly string[], asked: string): string => {
  const [, number = '', unit = ''] =
    /^size=(\d+)([kmg]?)$/.exec(options.find((one) => one.startsWith('size=')) ?? '') ?? []
  const bytes = Number(number) * (UNITS[unit] ?? 1)
  const wanted = Number(asked.slice('size='.length))
  return number !== '' && bytes >= wanted && bytes < wanted + 65_536 ? asked : `size=${number}${unit}`
}

/** Of two opposites the kernel lists the second. */
const OPPOSITES: readonly (readonly [string, string])[] = [
  ['rw', 'ro'],
  ['exec', 'noexec'],
]

/** An asked option, or what the kernel has in its place. It does not list each mode. */
const asFound = (word: string, { options }: KernelMount): string => {
  if (word.startsWith('mode=')) return word
  if (word.startsWith('size=')) return sizeWord(options, word)
  const [other, listed] = OPPOSITES.find((pair) => pair.includes(word)) ?? [`without ${word}`, word]
  return options.includes(listed) ? listed : other
}

const tmpfs = ({ wire, process }: Input, { target, options }: Tmpfs): Compared => {
  const asked = options.join(',')
  const found = mountAt(process, target)
  const told = wire.HostConfig?.Tmpfs?.[target] === undefined ? 'missing' : asked
  const real = found?.kind === 'tmpfs' ? options.map((word) => asFound(word, found)).join(',') : 'missing'
  return compare(`tmpfs ${target}`, asked, found === undefined ? told : real)
}

/** What runs beside what the user's own hardening asked for. */
export const effectiveHardening = (input: Input): readonly Compared[] => [
  ...readOnlyRoot(input),
  ...securityLabel(input),
  ...apparmor(input),
  ...(input.spec.tmpfs ?? []).map((one) => tmpfs(input, one)),
]
