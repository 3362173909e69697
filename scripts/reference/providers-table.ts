import { shownProviders } from '../../src/app/wire.ts'
import { FAILURES, type Shown } from '../../test/conformance/shown.ts'

const yes = (value: boolean) => (value ? 'yes' : 'no')
const code = (text: string) => `\`${text}\``
const table = (rows: readonly (readonly string[])[]): readonly string[] => {
  const [titles = [], ...rest] = rows
  return [titles, titles.map(() => '---'), ...rest].map((row) => `| ${row.join(' | ')} |`)
}

const ROWS: readonly (readonly [title: string, cell: (shown: Shown) => string])[] = [
  ['goes on in a session', ({ resume }) => resume],
  ['tells the session while the model is silent', ({ sessionWhileSilent }) => yes(sessionWhileSilent)],
  ['tokens', ({ usage }) => yes(usage)],
  ['tokens of reasoning', ({ reasoningTokens }) => yes(reasoningTokens)],
  ['cost', ({ cost }) => yes(cost)],
  ['words of reasoning', ({ reasoning }) => yes(reasoning)],
  ['a tool call is told', ({ toolStart }) => toolStart],
  ['exit codes of commands', ({ exitCodes }) => exitCodes],
  ['files that its tools change', ({ changes }) => changes],
  ['pictures are shown to the model', ({ pictures }) => pictures],
  ['ends after an interrupt in a tool call', ({ interrupted }) => interrupted],
]

/** What the adapters say of themselves, and what the recorded streams show: docs/providers.md. */
export const providersTable = (results: Readonly<Record<string, Shown>>): string => {
  const adapters = shownProviders.map(({ id, title, tested, key, api, sessionPaths }) => [
    code(id),
    `${title} ${tested ?? ''}`.trim(),
    key === null ? 'none' : code(key.env),
    code(api.header),
    code(api.defaultBaseUrl),
    sessionPaths.map(code).join(', '),
  ])
  const shown = Object.values(results)
  const agents = ['', ...Object.keys(results).map(code)]
  return [
    '## Capabilities',
    '',
    ...table([['Agent', 'CLI, tested', 'Key', 'Header', 'Address', 'Session'], ...adapters]),
    '',
    'What the recorded streams of each CLI show, by its parser (`test/fixtures/capabilities.json`):',
    '',
    ...table([agents, ...ROWS.map(([title, cell]) => [title, ...shown.map(cell)])]),
    '',
    'A model that fails in the same way each time: the class of the failure, how the CLI ends if nobody ends it sooner, and',
    'how often it asks. `SIGKILL` is the end of the recording: it would have gone on.',
    '',
    ...table([
      agents,
      ...Object.entries(FAILURES).map(([name, title]) => [title, ...shown.map(({ failures }) => failures[name] ?? '')]),
    ]),
  ].join('\n')
}
