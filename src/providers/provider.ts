import type { AgentErrorClass, AgentEvent } from '../domain/event.ts'
import type { Login } from '../domain/login.ts'
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
  /** True if the user gave the address (--base-url). */
  readonly addressGiven: boolean
  /** The placeholder that the agent has in place of the key. */
  readonly placeholder: string
  /** `work`: the folder to start in. */
  readonly paths: { readonly work: string; readonly home: string; readonly bin: string; readonly prompt: string }
  /**
   * Files that go with the prompt, which already names them. A picture has its media type; show it to a model that
   * takes pictures.
   */
  readonly attachments: readonly { readonly path: string; readonly media: string | null }[]
  /** The settings of git's configuration in the home, for a CLI that hides that file from the agent's commands. */
  readonly git: {
    readonly name: string
    readonly email: string
    /** The author of the commits, where that is another one. */
    readonly author?: { readonly name: string; readonly email: string }
    readonly trusted: readonly string[]
    /** In a sandbox without a network: a further file of the configuration, and git's command in place of ssh. */
    readonly sandbox: { readonly include: string; readonly ssh: string } | null
  }
  /** The agent's own approvals and sandbox are off: true in a container. */
  readonly permissive: boolean
  /** The task uses a login of this LoginService in place of a key. Absent: a key. */
  readonly login?: string
  /** Of a login: its credential file, with the tokens, lies in the home. */
  readonly inside?: true
  /**
   * Of a login: the CLI speaks to its service by the service's own address, and the gateway opens the connection. Absent:
   * by `baseUrl`. `account`: the id that the login's headers name.
   */
  readonly ownAddress?: { readonly account: string | null }
}

/**
 * How the worker runs the CLI on a terminal.
 * @example
 * ```ts
 * const screen: InteractiveCommand = {
 *   argv: ['/berth/toolbox/bin/mine', '--prompt='],
 *   env: { MINE_BASE_URL: 'http://127.0.0.1:8000/v1' },
 *   files: [{ path: '.mine/settings.json', text: '{"onboarded":true}', mode: 0o600 }],
 *   promptAt: 1,
 *   interrupt: { signal: 'SIGINT', graceMs: 5000 },
 *   termGraceMs: 2000,
 * }
 * ```
 */
export type InteractiveCommand = Pick<
  NonNullable<WorkOrder['run']>,
  'argv' | 'env' | 'files' | 'interrupt' | 'termGraceMs'
> & {
  /** The word of argv that the prompt's text is added to; null if there is no prompt, or if the CLI takes none. */
  readonly promptAt: number | null
}

/**
 * Reads one file in which a CLI keeps a session, a line at a time.
 * @example
 * ```ts
 * const reader: TranscriptReader = {
 *   line: (text) => [{ type: 'agent.message', text }],
 *   end: () => ({ session: 's-1', at: Date.now(), events: [] }),
 * }
 * ```
 */
export type TranscriptReader = {
  /** The events of a line of this turn; none for a line of an earlier one. Never throws. */
  line(text: string): readonly AgentEvent[]
  /**
   * After the last line: the session's id, the time of the turn's last entry in ms, and events that end open tool calls
   * and tell the usage. Null: the file has nothing of this turn.
   */
  end(): { readonly session: string; readonly at: number; readonly events: readonly AgentEvent[] } | null
}

/**
 * How a CLI on a terminal tells what was said: by the files of its session.
 * @example
 * ```ts
 * const transcript = (reader: TranscriptReader): Transcript => ({
 *   isPart: (path) => path.endsWith('.jsonl'),
 *   reader: () => reader,
 * })
 * ```
 */
export type Transcript = {
  /** Whether a file of the session, by its path below home, tells what was said. */
  isPart(path: string): boolean
  /** `since`: when the turn's agent began, in ms. */
  reader(since: number): TranscriptReader
  /**
   * For a CLI whose files are no text: a program that prints them. The worker runs it when the agent has ended, with
   * `since` as a last argument, and packs what it prints with the session, under this path below home.
   */
  readonly print?: {
    readonly path: string
    argv(paths: CommandInput['paths']): readonly [string, ...string[]]
  }
}

/**
 * What an answer or a file tells of a login; what it does not name stays. `extra` is added to what there is.
 * @example
 * ```ts
 * const refreshed: LoginPart = { access: 'a-token', expiresAt: '2026-11-30T06:00:00.000Z' }
 * ```
 */
export type LoginPart = Partial<
  Pick<Login, 'access' | 'refresh' | 'expiresAt' | 'account' | 'who' | 'plan' | 'scopes' | 'extra'>
>

/**
 * A subscription that a CLI can use: pure data and readers.
 * @example
 * ```ts
 * const isFor = (service: LoginService, model: string | null) => service.matches?.(model) ?? true
 * ```
 */
export type LoginService = {
  readonly id: string
  readonly title: string
  /** Of a CLI of several services: whether a model is of this one. */
  matches?(model: string | null): boolean
  /** Where requests go without --base-url, and the header that carries the token. */
  readonly api: ModelRoute['api']
  /** Paths below that address for which the token is used; one that ends with * stands for all that begin so. */
  readonly paths: readonly string[]
  /** Set where the CLI can speak to the service's own address (CommandInput.ownAddress): paths of its host that it reads too. */
  readonly ownAddress?: { readonly paths: readonly string[] }
  /** Headers that the gateway sets beside the token. */
  headers(login: Login): Readonly<Record<string, string>>
  /** Null: its tokens do not expire. */
  readonly refresh: {
    readonly url: string
    readonly type: 'json' | 'form'
    body(login: Login): Readonly<Record<string, string>>
    /** What a 200 answer says. Throws Error with a sentence where it says too little. */
    read(answer: unknown, now: Date): LoginPart
  } | null
  /** The CLI's own credential file, below home. `read` throws Error with a sentence for a file that holds no login. */
  readonly file: {
    readonly path: string
    /** The variable that names another place for this first part of the path. */
    readonly folder?: { readonly path: string; readonly variable: string }
    read(text: string, now: Date): LoginPart
    write(login: Login): string
  }
  /**
   * What the login needs of the CLI's own program, such as the client that its issuer knows: the first text of the folder
   * below the toolbox that `read` finds it in.
   */
  readonly program?: {
    readonly folder: string
    read(text: string): Readonly<Record<string, string>> | undefined
  }
  /** The CLI's own way to log in, on a terminal in a container. */
  readonly signIn: {
    /**
     * Words behind the CLI's name. `browser`: the flow with a callback instead of a code. `issuer`: base URL in place of
     * the issuer's own; a CLI that takes none ignores it.
     */
    argv(asked: { readonly browser: boolean; readonly issuer: string | null }): readonly string[]
    readonly env: Readonly<Record<string, string>>
    readonly files: readonly { readonly path: string; readonly text: string; readonly mode: number }[]
    /** Rules that open the issuer's hosts. */
    readonly hosts: readonly string[]
    /** The loopback port on which the CLI waits for the browser; absent: it has a flow by code alone. */
    readonly callbackPort?: number
    /** The CLI needs no terminal for the flow by code. */
    readonly inPipes?: true
    /** The CLI goes on after the login: it is ended when its credential file is there. */
    readonly goesOn?: true
  }
  /** A token that a person has, for `berth auth login --with-token`. Throws Error with a sentence. */
  token?(text: string, now: Date): LoginPart
  /** A cheap request that needs a valid token, below the api's address. */
  readonly check: {
    readonly method: 'GET' | 'POST'
    readonly path: string
    readonly body?: string
    /** Beside those of the login. */
    readonly headers?: Readonly<Record<string, string>>
  }
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
  /** The CLI prints plain text: each message is a line of it. */
  readonly plain?: boolean
  /** After the last line: the verdict on the turn, and events that end open tool calls. */
  end(exit: AgentExit): { readonly verdict: Verdict; readonly events: readonly AgentEvent[] }
}

/**
 * The route to the model: the key's variable, and the address of requests.
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
    /** The path to add if --base-url has none, e.g. /v1. */
    readonly emptyPath: string
    /** Path of the list of models below that address, which needs a valid key; default `/models`. */
    readonly models?: string
    /** The header that carries the key upstream. */
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
  /** Usable by name, but in no list: for tests. */
  readonly hidden?: true
  /** Name below the toolbox's bin/. Null: no CLI (the built-in test provider). */
  readonly binary: string | null
  /** The CLI's version that our tests run; Berth warns of an older one in the toolbox. Null: unknown. */
  readonly tested: string | null
  /** Further variables in which the CLI looks for a key or token: none of them goes into a container. */
  readonly otherKeys?: readonly string[]
  /** For a CLI of several model providers: the route of a model. Throws bad-request for an unknown one. */
  route?(model: string | null, addressGiven: boolean): ModelRoute
  /** Paths relative to home that hold the agent's session and outlive a turn. */
  readonly sessionPaths: readonly string[]
  /** Hosts beside the model's that the CLI needs, for rules of its tasks; absent: none. */
  readonly hosts?: readonly string[]
  /** How many failures of the model in a row end the turn at the gateway, for a CLI whose retries cannot be limited. */
  readonly failures?: number
  /** If true, `@PATH` in the prompt shows a picture to the model; if absent, `command` shows it, or nothing does. */
  readonly mentions?: true
  readonly supports: { readonly resume: boolean; readonly model: boolean; readonly usage: boolean }
  command(input: CommandInput): Command
  /** The CLI's own screen. Absent: it has none. `prompt`: there is one. */
  interactive?(input: CommandInput & { readonly prompt: boolean }): InteractiveCommand
  /** HOST:PORT of one request each that its screen makes at the start, does without, and cannot be kept from. */
  readonly screenAsks?: readonly string[]
  /** What was said on its own screen; absent: only the screen tells. */
  readonly transcript?: Transcript
  /** The subscriptions that it can use in place of a key; absent: none. */
  readonly logins?: readonly LoginService[]
  parser(context: { readonly previousThread: Usage | null; readonly resume: string | null }): Parser
}
