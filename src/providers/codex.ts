import { codexLogin, placeholderFile } from './codex-login.ts'
import { codexParser } from './codex-parser.ts'
import { codexTranscript } from './codex-transcript.ts'
import type { CommandInput, Provider } from './provider.ts'
import { withPrompt } from './with-prompt.ts'

const TESTED = '0.169.0'
const KEY_VARIABLE = 'BERTH_MODEL_KEY'
const MODEL_PROVIDER = 'model_providers.berth'

const setting = (key: string, value: string | number | boolean) => ['-c', `${key}=${JSON.stringify(value)}`]

/** What ChatGPT's service knows of a request of the CLI, where the CLI takes it for another service's. */
const asChatgpt = [
  // Its calls to further services.
  ...setting('features.apps', false),
  '-c',
  `${MODEL_PROVIDER}.http_headers={"version"="${TESTED}"}`,
]

/** What the CLI must know of its model: our loopback address, and tries that end within half a minute. */
const modelSettings = ({ baseUrl, login, ownAddress, inside }: CommandInput) =>
  ownAddress === undefined && !inside
    ? [
        ...setting('model_provider', 'berth'),
        ...setting(`${MODEL_PROVIDER}.name`, 'berth'),
        ...setting(`${MODEL_PROVIDER}.base_url`, baseUrl),
        ...setting(`${MODEL_PROVIDER}.wire_api`, 'responses'),
        ...setting(`${MODEL_PROVIDER}.env_key`, KEY_VARIABLE),
        ...setting(`${MODEL_PROVIDER}.request_max_retries`, 4),
        ...setting(`${MODEL_PROVIDER}.stream_max_retries`, 5),
        ...(login === undefined ? [] : asChatgpt),
      ]
    : setting('features.apps', false)

/** Its own calls to other hosts. */
const quiet = [...setting('analytics.enabled', false), ...setting('features.plugins', false)]

const argv = (input: CommandInput): readonly [string, ...string[]] => [
  `${input.paths.bin}/codex`,
  'exec',
  // `resume` does not take these.
  '-C',
  input.paths.work,
  ...(input.permissive ? [] : ['-s', 'workspace-write']),
  ...(input.resume === null ? [] : ['resume']),
  '--json',
  '--skip-git-repo-check',
  ...(input.permissive ? ['--dangerously-bypass-approvals-and-sandbox'] : []),
  ...input.attachments.flatMap(({ path, media }) => (media === null ? [] : [`--image=${path}`])),
  ...(input.model === null ? [] : ['-m', input.model]),
  ...modelSettings(input),
  ...quiet,
  ...Object.entries(input.options).flatMap(([key, value]) => ['-c', `${key}=${value}`]),
  ...(input.resume === null ? [] : [input.resume]),
  '-',
  // After `-`, so that an option with several values does not swallow it.
  ...input.args,
]

/** The models of its catalogue that it would offer a newer one for, before its screen comes up. */
const NEWER = {
  'gpt-5.5': 'gpt-6-sol',
  'gpt-5.6-sol': 'gpt-6-sol',
  'gpt-5.6-terra': 'gpt-6-sol',
  'gpt-5.6-luna': 'gpt-6-luna',
}

/** What its screen would ask about at the first start: whether this folder is to be trusted, newer versions and models. */
const onboarded = ({ paths }: CommandInput) => ({
  path: '.codex/config.toml',
  text: [
    'check_for_update_on_startup = false',
    `[projects.${JSON.stringify(paths.work)}]`,
    'trust_level = "trusted"',
    '[notice.model_migrations]',
    ...Object.entries(NEWER).map(([model, newer]) => `"${model}" = "${newer}"`),
    '',
  ].join('\n'),
  mode: 0o600,
})

const screenArgv = (input: CommandInput): readonly [string, ...string[]] => [
  `${input.paths.bin}/codex`,
  ...(input.resume === null ? [] : ['resume', input.resume]),
  // With one, two processes outlive the screen, and a copy of the CLI lies in the home.
  '--no-daemon',
  ...(input.permissive ? ['--dangerously-bypass-approvals-and-sandbox'] : ['-s', 'workspace-write']),
  ...input.attachments.flatMap(({ path, media }) => (media === null ? [] : [`--image=${path}`])),
  ...(input.model === null ? [] : ['-m', input.model]),
  ...modelSettings(input),
  ...quiet,
  ...Object.entries(input.options).flatMap(([key, value]) => ['-c', `${key}=${value}`]),
  ...input.args,
]

const keyEnv = ({ inside, placeholder }: CommandInput): Readonly<Record<string, string>> =>
  inside ? {} : { [KEY_VARIABLE]: placeholder }

/** Its own login's file, with placeholders. */
const loginFiles = ({ ownAddress, placeholder }: CommandInput) =>
  ownAddress === undefined ? [] : [placeholderFile(placeholder, ownAddress.account)]

/** The OpenAI Codex CLI, by `codex exec --json`. */
export const codex: Provider = {
  id: 'codex',
  title: 'OpenAI Codex',
  binary: 'codex',
  tested: TESTED,
  key: { env: 'OPENAI_API_KEY' },
  otherKeys: ['CODEX_API_KEY', 'CODEX_ACCESS_TOKEN'],
  api: { defaultBaseUrl: 'https://api.openai.com/v1', emptyPath: '/v1', header: 'authorization-bearer' },
  sessionPaths: ['.codex/sessions'],
  supports: { resume: true, model: true, usage: true },
  command: (input) => ({
    argv: argv(input),
    env: { ...keyEnv(input), NO_COLOR: '1' },
    files: loginFiles(input),
    stdin: input.paths.prompt,
    end: { field: 'type', values: ['turn.completed', 'turn.failed'], graceMs: 2000 },
    interrupt: { signal: 'SIGINT', graceMs: 5000 },
    termGraceMs: 2000,
  }),
  interactive: (input) => ({
    ...withPrompt(screenArgv(input), input, ['--', '']),
    env: keyEnv(input),
    files: [onboarded(input), ...loginFiles(input)],
    interrupt: { signal: 'SIGTERM', graceMs: 5000 },
    termGraceMs: 2000,
  }),
  logins: [codexLogin],
  // For an announcement.
  screenAsks: ['raw.githubusercontent.com:443'],
  transcript: codexTranscript,
  parser: codexParser,
}
