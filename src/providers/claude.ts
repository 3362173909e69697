import { claudeLogin } from './claude-login.ts'
import { claudeParser } from './claude-parser.ts'
import { claudeTranscript } from './claude-transcript.ts'
import { nestOptions } from './nest-options.ts'
import type { CommandInput, Provider } from './provider.ts'
import { withPrompt } from './with-prompt.ts'

const argv = (input: CommandInput, own: readonly string[]): readonly [string, ...string[]] => [
  `${input.paths.bin}/claude`,
  ...own,
  ...(input.permissive ? ['--dangerously-skip-permissions'] : []),
  ...(input.model === null ? [] : ['--model', input.model]),
  ...(input.resume === null ? [] : ['--resume', input.resume]),
  ...(Object.keys(input.options).length === 0 ? [] : ['--settings', JSON.stringify(nestOptions({}, input.options))]),
  ...input.args,
]

// Without --verbose there is no stream.
const STREAM = ['-p', '--output-format', 'stream-json', '--verbose']

const env = (input: CommandInput): Readonly<Record<string, string>> => ({
  // With the other variable for a login, the CLI would ask for less than the subscription has.
  ...(input.inside
    ? {}
    : { [input.login === undefined ? 'ANTHROPIC_API_KEY' : 'CLAUDE_CODE_OAUTH_TOKEN']: input.placeholder }),
  ...(input.ownAddress === undefined && !input.inside ? { ANTHROPIC_BASE_URL: input.baseUrl } : {}),
  // Telemetry, updates, a first call that asks whether the host is there.
  CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
  // Ten by itself, which takes three minutes.
  CLAUDE_CODE_MAX_RETRIES: '5',
  // Root inside is the caller where the engine is rootless Docker; the CLI refuses it otherwise.
  ...(input.permissive ? { IS_SANDBOX: '1' } : {}),
})

/** It knows a long key by its end. */
const KEY_END = 20

const json = (path: string, value: object) => ({ path, text: JSON.stringify(value), mode: 0o600 })

/** What its screen would ask about at the first start: colours, the key, this folder, and a mode without questions. */
const onboarded = ({ placeholder, paths }: CommandInput) => [
  json('.claude.json', {
    hasCompletedOnboarding: true,
    theme: 'dark',
    customApiKeyResponses: { approved: [placeholder.slice(-KEY_END)], rejected: [] },
    projects: { [paths.work]: { hasTrustDialogAccepted: true, hasCompletedProjectOnboarding: true } },
  }),
  json('.claude/settings.json', { skipDangerousModePermissionPrompt: true }),
]

/** Claude Code, by `claude -p --output-format stream-json`. */
export const claude: Provider = {
  id: 'claude',
  title: 'Claude Code',
  binary: 'claude',
  tested: '2.1.329',
  key: { env: 'ANTHROPIC_API_KEY' },
  otherKeys: ['ANTHROPIC_AUTH_TOKEN', 'CLAUDE_CODE_OAUTH_TOKEN', 'CLAUDE_CODE_OAUTH_REFRESH_TOKEN'],
  api: { defaultBaseUrl: 'https://api.anthropic.com', emptyPath: '', models: '/v1/models', header: 'x-api-key' },
  sessionPaths: ['.claude/projects'],
  mentions: true,
  supports: { resume: true, model: true, usage: true },
  command: (input) => ({
    argv: argv(input, STREAM),
    env: { ...env(input), NO_COLOR: '1' },
    files: [],
    stdin: input.paths.prompt,
    end: { field: 'type', values: ['result'], graceMs: 3000 },
    interrupt: { signal: 'SIGINT', graceMs: 5000 },
    termGraceMs: 2000,
  }),
  interactive: (input) => ({
    ...withPrompt(argv(input, []), input, ['--', '']),
    // Its screen would fetch a list of plugins.
    env: { ...env(input), CLAUDE_CODE_DISABLE_OFFICIAL_MARKETPLACE_AUTOINSTALL: '1' },
    files: onboarded(input),
    interrupt: { signal: 'SIGTERM', graceMs: 5000 },
    termGraceMs: 2000,
  }),
  logins: [claudeLogin],
  transcript: claudeTranscript,
  parser: claudeParser,
}
