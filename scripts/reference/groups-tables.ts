import { FORGES, GROUP_NAMES, GROUPS, type GroupHost } from '../../src/domain/network/groups.ts'
import { LOCK_FILES } from '../../src/domain/network/project.ts'

const table = (heads: readonly string[], rows: readonly (readonly string[])[]) =>
  [heads, heads.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')

const code = (text: string) => `\`${text}\``

const hostWords = ({ host, tls, methods, paths }: GroupHost): string => {
  if (tls === 'tunnel') return `${code(host)}: tunnel`
  const where = paths === undefined ? '' : ` of ${paths.map(code).join(', ')}`
  return `${code(host)}: inspect, ${methods?.join(' ') ?? 'all methods'}${where}`
}

const groups = () =>
  table(
    ['Group', 'What it is for', 'Hosts'],
    GROUP_NAMES.map((name) => {
      const { description, hosts } = GROUPS[name]
      return [code(name), description, hosts.map(hostWords).join('<br>')]
    }),
  )

const lockFiles = () => {
  const names = [...new Set(Object.values(LOCK_FILES))]
  const filesOf = (group: string) => Object.keys(LOCK_FILES).filter((file) => LOCK_FILES[file] === group)
  return table(
    ['Files in the top folder', 'Group'],
    names.map((group) => [filesOf(group).map(code).join(', '), code(group)]),
  )
}

/** The tables of `docs/network-groups.md`. */
export const groupsTables = (): string =>
  [
    groups(),
    '## Forges',
    `Anybody can store data at a forge, so Berth inspects every request to these hosts and all below them: ${FORGES.map(code).join(', ')}.`,
    '## Lock files',
    lockFiles(),
  ].join('\n\n')
