import { shownProviders } from '../../src/app/wire.ts'

const yes = (value: boolean) => (value ? 'yes' : 'no')
const code = (text: string) => `\`${text}\``

/** What the adapters say of themselves: docs/providers.md. */
export const providersTable = (): string => {
  const rows = shownProviders.map(({ id, title, tested, key, api, sessionPaths, supports }) => [
    code(id),
    `${title} ${tested ?? ''}`.trim(),
    key === null ? 'none' : code(key.env),
    code(api.header),
    code(api.defaultBaseUrl),
    sessionPaths.map(code).join(', '),
    yes(supports.resume),
    yes(supports.model),
    yes(supports.usage),
  ])
  const titles = ['Agent', 'CLI, tested', 'Key', 'Header', 'Address', 'Session', 'Goes on', 'Model', 'Usage']
  return [
    '## Capabilities',
    '',
    ...[titles, titles.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`),
  ].join('\n')
}
