import { TRANSITIONS, type Transition, VERBS } from '../../src/domain/states.ts'
import { FINAL, type State } from '../../src/domain/task.ts'

const STATES = Object.keys(VERBS) as readonly State[]
const RESULTS: readonly State[] = ['done', 'failed', 'stopped', 'died', 'queued']

const table = (heads: readonly string[], rows: readonly (readonly string[])[]) =>
  [heads, heads.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')

const next = ({ to }: Transition): readonly State[] => (to === 'result' ? RESULTS : to === 'same' ? [] : [to])

const arrows = (): readonly string[] =>
  TRANSITIONS.flatMap((row) =>
    (row.from ?? ['[*]']).flatMap((from) =>
      next(row)
        .filter((to) => to !== from)
        .map((to) => `  ${from} --> ${to}: ${row.event}`),
    ),
  )

const told = ({ to }: Transition): string =>
  to === 'result' ? "the outcome's; `queued` if a further turn waits" : to === 'same' ? 'the same' : `\`${to}\``

const cell = (state: State, event: string): string => {
  const row = TRANSITIONS.find((one) => one.event === event && one.from?.includes(state))
  if (row !== undefined) return row.to === 'result' ? 'outcome' : row.to === 'same' ? 'same' : row.to
  return event === 'work.pushed' ? 'same' : '-'
}

/** The table of states as a drawing, as rows, and turned round: what each event does in each state. */
export const statesTables = (): string => {
  const events = [...new Set(TRANSITIONS.filter(({ from }) => from !== null).map(({ event }) => event))]
  return [
    '```mermaid\nstateDiagram-v2',
    ...arrows(),
    ...STATES.filter((state) => FINAL.has(state)).map((state) => `  ${state} --> [*]`),
    '```\n',
    '## Transitions\n',
    table(
      ['Event', 'From', 'To', 'Caused by', 'When'],
      TRANSITIONS.map((row) => [
        `\`${row.event}\``,
        row.from === null ? 'nothing' : row.from.map((state) => `\`${state}\``).join(', '),
        told(row),
        row.by === 'either' ? 'person or supervisor' : row.by,
        row.why,
      ]),
    ),
    '\n## Each event in each state\n',
    '`-` means illegal: the supervisor does not write such an event. `outcome` is `done`, `failed`, `stopped` or `died`.\n',
    table(
      ['State', ...events.map((event) => `\`${event}\``)],
      STATES.map((state) => [`\`${state}\``, ...events.map((event) => cell(state, event))]),
    ),
    '\n## Verbs\n',
    'The table lists the commands that change a task or print its work. `ls`, `status`, `log` and `wait` work in every',
    'state. `stop` of a task that is over only removes its warm container. `rm --force` kills a task that is not over.\n',
    table(
      ['State', 'Verbs'],
      STATES.map((state) => [`\`${state}\``, VERBS[state].map((verb) => `\`${verb}\``).join(', ')]),
    ),
  ].join('\n')
}
