import { ALLOWED_CALLS, CLOSED_CALLS } from './system-calls.ts'

const EPERM = 1
const ENOSYS = 38
const EPROTONOSUPPORT = 93
const EAFNOSUPPORT = 97

const [UNIX, INET, INET6, NETLINK] = [1, 2, 10, 16]
/** The one protocol of netlink that lists network interfaces: Node's os.networkInterfaces() asks it. */
const ROUTE = 0
/** Every flag of clone that makes a namespace. */
const NAMESPACES = 0x7e020000
/** Linux, 32-bit addresses, both, and the question which one it is. */
const PERSONALITIES = [0, 8, 0x20000, 0x20008, 0xffffffff]

type Operator = 'EQ' | 'NE' | 'LT' | 'GT' | 'MASKED_EQ'
type Rule = {
  readonly names: readonly string[]
  readonly action: 'SCMP_ACT_ALLOW' | 'SCMP_ACT_ERRNO'
  readonly errnoRet?: number
  readonly args?: readonly {
    readonly index: number
    readonly value: number
    readonly valueTwo: 0
    readonly op: string
  }[]
}

const where = (...conditions: readonly (readonly [index: number, op: Operator, value: number])[]) => ({
  args: conditions.map(([index, op, value]) => ({ index, value, valueTwo: 0 as const, op: `SCMP_CMP_${op}` })),
})
const allow = (names: readonly string[], condition = {}): Rule => ({ names, action: 'SCMP_ACT_ALLOW', ...condition })
const refuse = (names: readonly string[], errnoRet: number, condition = {}): Rule => ({
  names,
  action: 'SCMP_ACT_ERRNO',
  errnoRet,
  ...condition,
})

/**
 * The answer of a kernel without that family. Lists the families between the open ones one by one, since a rule has no
 * ranges.
 */
const otherFamilies = (): readonly Rule[] => {
  const open = [UNIX, INET, INET6, NETLINK]
  const between = Array.from({ length: NETLINK }, (_, family) => family).filter((family) => !open.includes(family))
  return [
    ...between.map((family) => refuse(['socket'], EAFNOSUPPORT, where([0, 'EQ', family]))),
    refuse(['socket'], EAFNOSUPPORT, where([0, 'GT', NETLINK])),
  ]
}

const sockets = (): readonly Rule[] => [
  ...[UNIX, INET, INET6].map((family) => allow(['socket'], where([0, 'EQ', family]))),
  allow(['socket'], where([0, 'EQ', NETLINK], [2, 'EQ', ROUTE])),
  refuse(['socket'], EPROTONOSUPPORT, where([0, 'EQ', NETLINK], [2, 'NE', ROUTE])),
  ...otherFamilies(),
  allow(['socketpair'], where([0, 'EQ', UNIX])),
]

/**
 * The system calls that a container may make, as Docker and Podman read them: the engines' own default, narrowed. It has no
 * exception for capabilities, since a container of ours has none. A call that nobody has thought of yet does not exist
 * (ENOSYS), so that a C library takes an older one; Docker before 23 says "not permitted" to those that it knows.
 */
export const seccompProfile = () => ({
  defaultAction: 'SCMP_ACT_ERRNO',
  defaultErrnoRet: ENOSYS,
  archMap: [
    { architecture: 'SCMP_ARCH_X86_64', subArchitectures: ['SCMP_ARCH_X86', 'SCMP_ARCH_X32'] },
    { architecture: 'SCMP_ARCH_AARCH64', subArchitectures: ['SCMP_ARCH_ARM'] },
  ],
  syscalls: [
    // First, and with an error that is no engine's default: else libseccomp lets 32-bit programs make sockets of any family
    // by it, whose arguments lie in memory, where no filter sees them.
    refuse(['socketcall'], EAFNOSUPPORT),
    refuse(CLOSED_CALLS, EPERM),
    allow(ALLOWED_CALLS),
    ...sockets(),
    ...PERSONALITIES.map((value) => allow(['personality'], where([0, 'EQ', value]))),
    allow(['clone'], where([0, 'MASKED_EQ', NAMESPACES])),
    // Its flags lie in memory; without it a C library takes clone.
    refuse(['clone3'], ENOSYS),
  ],
})

/** The file that the toolbox has of it. */
export const SECCOMP_FILE = 'seccomp.json'
export const seccompText = (): string => JSON.stringify(seccompProfile())
