import type { SupervisorSettings } from '../config/supervisor-settings.ts'
import type { CommandProvider } from '../domain/command-provider.ts'
import type { Price } from '../domain/price.ts'
import type { TaskRequest } from '../domain/request.ts'
import type { Egress, TryKey } from '../egress/egress.ts'
import type { Engine, EngineEvent, EngineInfo, EngineKind, ImageInfo } from '../engines/engine.ts'
import type { Git } from '../git/git.ts'
import type { Provider } from '../providers/provider.ts'
import type { Journal, JournalReader, Store, UsageLedger } from '../store/store.ts'

export type Toolbox = {
  readonly path: string
  readonly hash: string
  readonly versions: Readonly<Record<string, string>>
}

/** The outside as the use cases see it: ports, and what is known of this installation. Made in wire.ts alone. */
export type Deps = {
  readonly folders: { readonly state: string; readonly runtime: string; readonly configFile: string }
  readonly build: string
  readonly providers: ReadonlyMap<string, Provider>
  /** A provider out of a table of the config file. */
  readonly configured: (id: string, config: CommandProvider) => Provider
  readonly store: Store
  readonly ledger: UsageLedger
  readonly git: Git
  readonly egress: Egress
  readonly tryKey: TryKey
  readonly journal: (path: string) => Journal
  /** A journal that is not opened for writing. */
  readonly reader: (path: string) => JournalReader
  /**
   * The request that settings, profile, environment and files come to; throws config-invalid and the like. `given`: the
   * values of --env NAME=VALUE, which stand in no request.
   */
  readonly request: (input: {
    readonly settings: Readonly<Record<string, unknown>>
    readonly profile: string | undefined
    readonly prompt: string
    readonly env: Readonly<Record<string, string>>
    readonly cwd: string
  }) => Promise<{
    readonly request: TaskRequest
    readonly given: Readonly<Record<string, string>>
    readonly configured: readonly string[]
  }>
  /** A task's own variables as flags say them (null: named alone), and as the config file says them now. Throws as `request`. */
  readonly variables: (input: {
    readonly given: readonly string[]
    readonly profile: string | undefined
    readonly env: Readonly<Record<string, string>>
  }) => {
    readonly flags: Readonly<Record<string, string | null>>
    readonly configured: Readonly<Record<string, string | null>>
  }
  readonly engines: {
    /** The engine a request means, by the caller's environment; answers or throws. */
    locate(
      input: {
        readonly engine: string | undefined
        readonly env: Readonly<Record<string, string>>
        readonly uid: number
      },
      signal?: AbortSignal,
    ): Promise<{ readonly kind: EngineKind; readonly engine: Engine }>
    /** What was located is looked for anew. */
    forget(): void
    at(kind: EngineKind, endpoint: string): Engine
  }
  /** Refuses an image that cannot run the toolbox; asked once for an image. */
  readonly checkImage: (input: {
    readonly engine: Engine
    readonly info: EngineInfo
    readonly reference: string
    readonly image: ImageInfo
    readonly toolbox: Toolbox
    readonly signal: AbortSignal
  }) => Promise<void>
  /** Refuses an engine that does not see this machine's files; tried once for an endpoint. */
  readonly checkFiles: (input: {
    readonly engine: Engine
    readonly info: EngineInfo
    readonly image: ImageInfo
    readonly toolbox: Toolbox
    readonly signal: AbortSignal
  }) => Promise<void>
  /** The programs that a task on this machine runs with. */
  readonly host: { readonly node: string; readonly worker: string }
  /** The agents of the config file, as it is now. */
  readonly agents: () => ReadonlyMap<string, CommandProvider>
  /** The price table of the config file, as it is now. */
  readonly prices: () => ReadonlyMap<string, Price>
  /** The agent image of this build. */
  readonly defaultImage: string
  /** Where the bare mirror of a URL is, or will be. */
  readonly mirrorPath: (url: string) => string
  /** The secret behind a reference such as env:NAME, in the caller's environment; rejects with no-credentials. */
  readonly credential: (reference: string, env: Readonly<Record<string, string>>) => Promise<string>
  readonly toolbox: () => Promise<Toolbox | undefined>
  /** Gives what an engine tells of a task's containers until it is disposed of; each event at least once. */
  readonly engineEvents: (engine: Engine, task: string, take: (event: EngineEvent) => void) => Disposable
  /** What the supervisor does by itself, as it is configured now. */
  readonly settings: () => SupervisorSettings
  /** The whole environment of a hook, beside what it is told of the task. */
  readonly hookEnv: Readonly<Record<string, string>>
  /** Runs what has the same key one after the other. */
  readonly oneByOne: <T>(key: string, run: () => Promise<T>, signal?: AbortSignal) => Promise<T>
  readonly now: () => Date
  readonly newId: () => string
  readonly log: (line: Readonly<Record<string, unknown>>) => void
}
