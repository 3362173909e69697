import { KEY_VARIABLE, opencodeConfig } from './opencode-config.ts'
import { opencodeLogins, placeholderLogin } from './opencode-login.ts'
import { opencodeParser } from './opencode-parser.ts'
import { OPENCODE_KEYS, opencodeRoute } from './opencode-route.ts'
import { opencodeTranscript } from './opencode-transcript.ts'
import type { CommandInput, Provider } from './provider.ts'
import { withPrompt } from './with-prompt.ts'

/** Its own calls to other hosts: releases, its catalogue of models, language servers, shared sessions. */
const QUIET = {
  OPENCODE_DISABLE_AUTOUPDATE: '1',
  OPENCODE_DISABLE_MODELS_FETCH: '1',
  OPENCODE_DISABLE_LSP_DOWNLOAD: '1',
  OPENCODE_DISABLE_SHARE: '1',
}

const plugin = { dependencies: { '@opencode-ai/plugin': '*' } }
const config = (path: string, value: object | null) => ({
  path: `.config/opencode/${path}`,
  text: value === null ? '' : JSON.stringify(value),
  mode: 0o644,
})

/** A folder that looks as if npm had been there: it would ask the registry for the types of its plugins at each start. */
const INSTALLED = [
  config('package.json', plugin),
  config('package-lock.json', { lockfileVersion: 3, packages: { '': plugin } }),
  config('node_modules/.keep', null),
]

const argv = ({ paths, permissive, resume, args, attachments }: CommandInput): readonly [string, ...string[]] => [
  `${paths.bin}/opencode`,
  'run',
  ...attachments.flatMap(({ path, media }) => (media === null ? [] : [`--file=${path}`])),
  '--format',
  'json',
  // In another folder than its own a session goes on, and is never heard of.
  '--dir',
  paths.work,
  '--thinking',
  // Without one it asks the model for a title.
  '--title',
  'berth',
  // The stream names the session only when the model answers; the log names it at once.
  '--print-logs',
  '--log-level',
  'INFO',
  ...(permissive ? ['--auto'] : []),
  ...(resume === null ? [] : ['--session', resume]),
  ...args,
]

const screenArgv = ({ paths, resume, args }: CommandInput): readonly [string, ...string[]] => [
  `${paths.bin}/opencode`,
  ...(resume === null ? [] : ['--session', resume]),
  ...args,
]

const env = (input: CommandInput): Readonly<Record<string, string>> => ({
  ...(input.login === undefined
    ? { [KEY_VARIABLE]: input.placeholder, OPENCODE_DISABLE_DEFAULT_PLUGINS: '1' }
    : // Its own plugins speak to the services of logins.
      input.inside
      ? {}
      : { OPENCODE_AUTH_CONTENT: placeholderLogin(input.model, input.placeholder) }),
  OPENCODE_CONFIG_CONTENT: opencodeConfig(input),
  ...QUIET,
})

/** opencode, by `opencode run --format json`. */
export const opencode: Provider = {
  id: 'opencode',
  title: 'opencode',
  binary: 'opencode',
  tested: '1.18.33',
  ...opencodeRoute(null, false),
  otherKeys: [...OPENCODE_KEYS, 'GOOGLE_GENERATIVE_AI_API_KEY', 'OPENCODE_AUTH_CONTENT'],
  route: opencodeRoute,
  sessionPaths: [
    '.local/share/opencode/opencode.db',
    '.local/share/opencode/opencode.db-wal',
    '.local/share/opencode/opencode.db-shm',
  ],
  // By itself it tries six times, for 90 seconds, and in silence; four take a quarter of a minute.
  failures: 4,
  supports: { resume: true, model: true, usage: true },
  command: (input) => ({
    argv: argv(input),
    env: { ...env(input), NO_COLOR: '1' },
    files: INSTALLED,
    stdin: input.paths.prompt,
    end: null,
    interrupt: { signal: 'SIGINT', graceMs: 5000 },
    termGraceMs: 2000,
  }),
  interactive: (input) => ({
    // It submits a prompt to a new session alone.
    ...withPrompt(screenArgv(input), { prompt: input.prompt && input.resume === null }, ['--prompt=']),
    env: env(input),
    files: INSTALLED,
    interrupt: { signal: 'SIGTERM', graceMs: 5000 },
    termGraceMs: 2000,
  }),
  logins: opencodeLogins,
  transcript: opencodeTranscript,
  parser: opencodeParser,
}
