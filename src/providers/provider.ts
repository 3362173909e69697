import type { AgentErrorClass, AgentEvent } from '../domain/event.ts'
import type { Usage } from '../domain/usage.ts'
import type { WorkOrder } from '../domain/worker-protocol.ts'

/**
 * What a provider makes a command line from.
 * @example
 * ```ts
 * const flags = ({ model, args }: CommandInput) => [...(model === null ? [] : ['--model', model]), ...args]
 * ```
 */
export type CommandInput = {
  readonly model: string | null
  /** The agent session to go on with. */
  readonly resume: string | null
  /** Arguments after `--`, passed unchanged. */
  readonly args: readonly string[]
  /** --provider-arg KEY=VALUE. */
  readonly options: Readonly<Record<string, string>>
  /** Base URL of the model as the container sees it, in the form this CLI takes. */
  readonly baseUrl: string
  /** Whether the address was given (--base-url), and is not the usual one. */
  readonly addressGiven: boolean
  /** The placeholder that stands for the key inside. */
  readonly placeholder: string
  /** `work`: the folder to start in. */
  readonly paths: { readonly work: string; readonly home: string; readonly bin: string; readonly prompt: string }
  /** Files that go with the prompt, which names them; a picture has its media type, and is shown to a model that takes it. */
  readonly attachments: readonly { readonly path: string; readonly media: string | null }[]
  /** What git's configuration in the home says, for a CLI that keeps it from the agent's commands. */
  readonly git: { readonly name: string; readonly email: string; readonly trusted: readonly string[] }
  /** Free hand for the agent (its own approvals and sandbox off): true in a container. */
  readonly permissive: boolean
}

/**
 * How the worker runs the CLI for one turn.
 * @example
 * ```ts
 * const command: Command = {
 *   argv: ['/berth/toolbox/bin/mine', 'run', '--json'],
 *   env: { MINE_BASE_URL: 'http://127.0.0.1:8000/v1' },
 *   files: [],
 *   stdin: '/berth/exchange/prompt',
 *   end: { field: 'type', values: ['done'], graceMs: 2000 },
 *   interrupt: { signal: 'SIGINT', graceMs: 5000 },
 *   termGraceMs: 2000,
 * }
 * ```
 */
export type Command = Pick<
  NonNullable<WorkOrder['run']>,
  'argv' | 'env' | 'files' | 'stdin' | 'end' | 'interrupt' | 'termGraceMs'
>

/**
 * How the agent's process ended, from the engine and the worker.
 * @example
 * ```ts
 * const killed: AgentExit = { code: null, signal: 'SIGKILL', interrupted: false }
 * ```
 */
export type AgentExit = { readonly code: number | null; readonly signal: string | null; readonly interrupted: boolean }

/**
 * What came of the agent's turn, by its own words and its exit.
 * @example
 * ```ts
 * const refused: Verdict = { ok: false, class: 'auth', reason: 'the API refused the key' }
 * ```
 */
export type Verdict = {
  readonly ok: boolean
  readonly class: AgentErrorClass | 'ok' | 'interrupted'
  readonly reason: string
}

/**
 * Reads what one run of the CLI prints.
 * @example
 * ```ts
 * const parser: Parser = {
 *   line: (text) => (text === '' ? [] : [{ type: 'agent.message', text }]),
 *   errorLine: (text) => [{ type: 'agent.output', stream: 'stderr', text }],
 *   end: ({ code }) => ({
 *     verdict:
 *       code === 0
 *         ? { ok: true, class: 'ok', reason: 'the agent is done' }
 *         : { ok: false, class: 'agent', reason: `the agent ended with exit code ${code}` },
 *     events: [],
 *   }),
 * }
 * ```
 */
export type Parser = {
  /** One line of the CLI's stdout without its newline; lines over 2 MB arrive cut. Never throws. */
  line(text: string): readonly AgentEvent[]
  /** The CLI's stderr, a line at a time. */
  errorLine(text: string): readonly AgentEvent[]
  /** Its messages are the lines of a plain text, each as it came. */
  readonly plain?: boolean
  /** After the last line: what the turn came to, and events that close what was left open. */
  end(exit: AgentExit): { readonly verdict: Verdict; readonly events: readonly AgentEvent[] }
}

/**
 * Whose model it is: the key's variable, and where requests go.
 * @example
 * ```ts
 * const route: ModelRoute = {
 *   key: { env: 'MINE_API_KEY' },
 *   api: { defaultBaseUrl: 'https://api.mine.example/v1', emptyPath: '/v1', header: 'authorization-bearer' },
 * }
 * ```
 */
export type ModelRoute = {
  /** Environment variable on the caller's side that holds the model's key. Null: none is needed. */
  readonly key: { readonly env: string } | null
  readonly api: {
    /** Where requests go without --base-url. */
    readonly defaultBaseUrl: string
    /** The path that is added where --base-url has none, e.g. /v1. */
    readonly emptyPath: string
    /** The list of models below that address, which only a good key is shown; `/models` without it. */
    readonly models?: string
    /** How the key travels upstream. */
    readonly header: 'authorization-bearer' | 'x-api-key' | 'x-goog-api-key'
  }
}

/**
 * The adapter for one agent CLI: pure, no I/O. A new CLI is one file like this.
 * @example
 * ```ts
 * const mine = (route: ModelRoute, parser: Parser): Provider => ({
 *   ...route,
 *   id: 'mine',
 *   title: 'Mine',
 *   binary: 'mine',
 *   tested: '1.2.3',
 *   sessionPaths: ['.mine/sessions'],
 *   supports: { resume: false, model: true, usage: false },
 *   command: ({ paths, args, baseUrl, placeholder }) => ({
 *     argv: [`${paths.bin}/mine`, 'run', '--json', ...args],
 *     env: { MINE_BASE_URL: baseUrl, MINE_API_KEY: placeholder },
 *     files: [],
 *     stdin: paths.prompt,
 *     end: { field: 'type', values: ['done'], graceMs: 2000 },
 *     interrupt: { signal: 'SIGINT', graceMs: 5000 },
 *     termGraceMs: 2000,
 *   }),
 *   parser: () => parser,
 * })
 * ```
 */
export interface Provider extends ModelRoute {
  readonly id: string
  readonly title: string
  /** Works when it is named, stands in no list: for tests. */
  readonly hidden?: true
  /** Name below the toolbox's bin/. Null: no CLI (the built-in test provider). */
  readonly binary: string | null
  /** The CLI's version that our tests run; an older one in the toolbox is warned of. Null: not ours to say. */
  readonly tested: string | null
  /** Variables beside that of its key in which the CLI looks for a key or token: none goes into a container. */
  readonly otherKeys?: readonly string[]
  /** For a CLI of several model providers: whose the model is. Throws bad-request for one it does not know. */
  route?(model: string | null, addressGiven: boolean): ModelRoute
  /** Paths relative to home that hold the agent's session and outlive a turn. */
  readonly sessionPaths: readonly string[]
  /** Hosts beside the model's that the CLI cannot do without; absent: none. */
  readonly hosts?: readonly string[]
  /** Failures of the model in a row after which the gateway ends the turn: of a CLI that cannot be told how often to try. */
  readonly failures?: number
  /** The prompt's `@PATH` of a picture shows it to the model; where absent, `command` does so, or nothing. */
  readonly mentions?: true
  readonly supports: { readonly resume: boolean; readonly model: boolean; readonly usage: boolean }
  command(input: CommandInput): Command
  parser(context: { readonly previousThread: Usage | null; readonly resume: string | null }): Parser
}
