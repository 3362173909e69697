import { shownProviders } from '../../src/app/wire.ts'
import { FAILURES, type Shown } from '../../test/conformance/shown.ts'

const yes = (value: boolean) => (value ? 'yes' : 'no')
const code = (text: string) => `\`${text}\``
const table = (rows: readonly (readonly string[])[]): readonly string[] => {
  const [titles = [], ...rest] = rows
  return [titles, titles.map(() => '---'), ...rest].map((row) => `| ${row.join(' | ')} |`)
}

const ROWS: readonly (readonly [title: string, cell: (shown: Shown) => string])[] = [
  ['continues a session', ({ resume }) => resume],
  ['reports the session while the model is silent', ({ sessionWhileSilent }) => yes(sessionWhileSilent)],
  ['tokens', ({ usage }) => yes(usage)],
  ['tokens of reasoning', ({ reasoningTokens }) => yes(reasoningTokens)],
  ['cost', ({ cost }) => yes(cost)],
  ['text of reasoning', ({ reasoning }) => yes(reasoning)],
  ['reports a tool call', ({ toolStart }) => toolStart],
  ['exit codes of commands', ({ exitCodes }) => exitCodes],
  ['changed files that it reports', ({ changes }) => changes],
  ['shows pictures to the model', ({ pictures }) => pictures],
  ['how it ends after an interrupt in a tool call', ({ interrupted }) => interrupted],
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
    'The recorded streams of each CLI, read by its parser, show this (`test/fixtures/capabilities.json`):',
    '',
    ...table([agents, ...ROWS.map(([title, cell]) => [title, ...shown.map(cell)])]),
    '',
    'The next table shows what each CLI does if the model fails in the same way each time and nothing ends the CLI sooner:',
    'the class of the failure, how the CLI ends, and how many requests it sends. `SIGKILL` means that the CLI did not end',
    'by itself, so the recording killed it.',
    '',
    ...table([
      agents,
      ...Object.entries(FAILURES).map(([name, title]) => [title, ...shown.map(({ failures }) => failures[name] ?? '')]),
    ]),
  ].join('\n')
}
