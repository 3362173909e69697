import { geminiLogin } from './gemini-login.ts'
import { geminiParser } from './gemini-parser.ts'
import { geminiTranscript } from './gemini-transcript.ts'
import type { JsonObject } from './json-field.ts'
import { nestOptions } from './nest-options.ts'
import type { CommandInput, Provider } from './provider.ts'
import { withPrompt } from './with-prompt.ts'

const SETTINGS = {
  // Without it a base URL of one's own is no way to sign in.
  security: { auth: { selectedType: 'gemini-api-key' } },
  general: {
    enableAutoUpdate: false,
    // Ten by itself, which takes four minutes.
    maxAttempts: 3,
    // Its clean-up takes a session that was gone on with for a left-over.
    sessionRetention: { enabled: false },
  },
  privacy: { usageStatisticsEnabled: false },
}

/** Its shell tool empties git's configuration files, and adds to what stands in the environment. */
const gitEnv = ({ name, email, author, trusted, sandbox }: CommandInput['git']): Readonly<Record<string, string>> => {
  const entries = [
    ['user.name', name],
    ['user.email', email],
    ...(author === undefined
      ? []
      : [
          ['author.name', author.name],
          ['author.email', author.email],
        ]),
    ...trusted.map((path) => ['safe.directory', path]),
    ...(sandbox === null ? [] : [['include.path', sandbox.include]]),
  ]
  return Object.fromEntries([
    ...(sandbox === null
      ? []
      : [
          ['GIT_SSH_COMMAND', sandbox.ssh],
          ['GIT_SSH_VARIANT', 'ssh'],
        ]),
    ['GIT_CONFIG_COUNT', String(entries.length)],
    ...entries.flatMap(([key, value], n) => [
      [`GIT_CONFIG_KEY_${n}`, key],
      [`GIT_CONFIG_VALUE_${n}`, value],
    ]),
  ])
}

/** Of the pictures that go with the prompt. */
const folders = ({ attachments }: CommandInput): readonly string[] => [
  ...new Set(attachments.flatMap(({ path, media }) => (media === null ? [] : [path.slice(0, path.lastIndexOf('/'))]))),
]

const argv = (input: CommandInput, own: readonly string[]): readonly [string, ...string[]] => [
  `${input.paths.bin}/gemini`,
  ...own,
  ...(input.permissive ? ['--yolo', '--skip-trust'] : []),
  ...(input.model === null ? [] : ['--model', input.model]),
  // A picture elsewhere than in the work folder is not looked at.
  ...folders(input).flatMap((folder) => ['--include-directories', folder]),
  ...(input.resume === null ? [] : ['--resume', input.resume]),
  ...input.args,
]

const modelEnv = ({ login, inside, placeholder, baseUrl }: CommandInput): Readonly<Record<string, string>> => {
  if (inside) return {}
  return login === undefined
    ? { GEMINI_API_KEY: placeholder, GOOGLE_GEMINI_BASE_URL: baseUrl }
    : { GOOGLE_GENAI_USE_GCA: 'true', GOOGLE_CLOUD_ACCESS_TOKEN: placeholder, CODE_ASSIST_ENDPOINT: baseUrl }
}

const env = (input: CommandInput): Readonly<Record<string, string>> => ({
  ...modelEnv(input),
  // Its second process would swallow signals.
  GEMINI_CLI_NO_RELAUNCH: 'true',
  ...gitEnv(input.git),
})

const SELECTED = 'security.auth.selectedType'

const settings = (all: JsonObject, { login, options }: CommandInput) => ({
  path: '.gemini/settings.json',
  text: JSON.stringify(
    nestOptions(all, { ...(login === undefined ? {} : { [SELECTED]: 'oauth-personal' }), ...options }),
  ),
  mode: 0o600,
})

/** What its screen would ask about at the first start: this folder, colours, an editor beside it. */
const ONBOARDED = {
  ...SETTINGS,
  security: { ...SETTINGS.security, folderTrust: { enabled: false } },
  ui: { theme: 'Default' },
  ide: { hasSeenNudge: true },
}

/** Google's Gemini CLI, by `gemini --output-format stream-json`. */
export const gemini: Provider = {
  id: 'gemini',
  title: 'Gemini CLI',
  binary: 'gemini',
  tested: '0.61.0',
  key: { env: 'GEMINI_API_KEY' },
  otherKeys: ['GOOGLE_API_KEY', 'GOOGLE_CLOUD_ACCESS_TOKEN'],
  api: {
    defaultBaseUrl: 'https://generativelanguage.googleapis.com',
    emptyPath: '',
    models: '/v1beta/models',
    header: 'x-goog-api-key',
  },
  // The session is looked for by the work folder's path, which the second file knows.
  sessionPaths: ['.gemini/tmp', '.gemini/projects.json'],
  mentions: true,
  supports: { resume: true, model: true, usage: true },
  command: (input) => ({
    argv: argv(input, ['--output-format', 'stream-json']),
    env: { ...env(input), NO_COLOR: '1' },
    files: [settings(SETTINGS, input)],
    stdin: input.paths.prompt,
    end: { field: 'type', values: ['result'], graceMs: 3000 },
    interrupt: { signal: 'SIGINT', graceMs: 8000 },
    termGraceMs: 2000,
  }),
  interactive: (input) => ({
    ...withPrompt(argv(input, []), input, ['--prompt-interactive=']),
    env: env(input),
    files: [settings(ONBOARDED, input)],
    interrupt: { signal: 'SIGTERM', graceMs: 5000 },
    termGraceMs: 2000,
  }),
  logins: [geminiLogin],
  transcript: geminiTranscript,
  parser: geminiParser,
}
