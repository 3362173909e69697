import type { SupervisorSettings } from '../config/supervisor-settings.ts'
import type { Logins } from '../credentials/credential.ts'
import type { CommandProvider } from '../domain/command-provider.ts'
import type { CompanyNetwork } from '../domain/company-network.ts'
import type { ContainerSpec } from '../domain/container-spec.ts'
import type { EngineKind } from '../domain/engine-kind.ts'
import type { ImageFit } from '../domain/image-fit.ts'
import type { Price } from '../domain/price.ts'
import type { TaskRequest } from '../domain/request.ts'
import type { CheckCompanyNetwork, Egress, TryKey } from '../egress/egress.ts'
import type { Engine, EngineEvent, EngineInfo, ImageInfo, RegistryLogin } from '../engines/engine.ts'
import type { Forges } from '../forges/forge.ts'
import type { Git } from '../git/git.ts'
import type { Provider } from '../providers/provider.ts'
import type { Journal, JournalReader, Store, UsageLedger } from '../store/store.ts'
import type { TokenOrder } from '../token-daemon/protocol.ts'
import type { TokenDaemons } from '../token-daemon/token-daemon.ts'
import type { Terminals } from './terminal/terminals.ts'

export type Toolbox = {
  readonly path: string
  readonly hash: string
  readonly versions: Readonly<Record<string, string>>
}

/** The folders and programs of this installation. */
type Installation = {
  readonly folders: { readonly state: string; readonly runtime: string; readonly configFile: string }
  /** Where the supervisor keeps its own compiled code, if it does. */
  readonly codeFolder: string | null
  /** The programs that a task on this machine runs with. */
  readonly host: { readonly node: string; readonly worker: string }
  /** The agent image of this build. */
  readonly defaultImage: string
  readonly toolbox: () => Promise<Toolbox | undefined>
  /** The environment of a hook, without the variables that describe the task. */
  readonly hookEnv: Readonly<Record<string, string>>
}

/** An engine and an image, and the toolbox that a container of both mounts. */
export type Trial = {
  readonly engine: Engine
  readonly info: EngineInfo
  /** The image as the caller named it, and as the engine found it. */
  readonly reference: string
  readonly image: ImageInfo
  /** It is the image of tasks that name none: Berth made it. */
  readonly own: boolean
  readonly toolbox: Toolbox
  /** The label of the task's container, which decides what that may read. */
  readonly securityLabel: readonly string[]
  readonly signal: AbortSignal
}

type Engines = {
  /** Finds the engine that a request means, in the caller's environment. Throws if that engine does not answer. */
  locate(
    input: {
      readonly engine: string | undefined
      readonly env: Readonly<Record<string, string>>
      readonly uid: number
    },
    signal?: AbortSignal,
  ): Promise<{ readonly kind: EngineKind; readonly engine: Engine }>
  /** Forgets what was located: the next call looks again. */
  forget(): void
  at(kind: EngineKind, endpoint: string): Engine
  /** The caller's login for the registry of an image. Nobody may store it. */
  readonly registryLogin: (
    input: {
      readonly kind: EngineKind
      readonly reference: string
      readonly env: Readonly<Record<string, string>>
      readonly uid: number
    },
    signal?: AbortSignal,
  ) => Promise<RegistryLogin | undefined>
  /** Refuses an image that no agent can work in, and tells what it lacks. Looks into each image once. */
  readonly checkImage: (trial: Trial) => Promise<ImageFit>
  /** Refuses an OCI runtime that the engine does not know, and GPUs that it cannot give. Tries them. */
  readonly checkMachine: (trial: Trial, asked: Pick<ContainerSpec, 'gpus' | 'runtime'>) => Promise<void>
  /** Refuses an engine that does not see this machine's files. Tries each endpoint once. */
  readonly checkFiles: (trial: Trial) => Promise<void>
  /** Passes on the engine's events of a task's containers until it is disposed of; each event at least once. */
  readonly events: (engine: Engine, task: string, take: (event: EngineEvent) => void) => Disposable
}

/** What flags, environment and config file say. The file is read anew for each call. */
type Config = {
  /** Berth's own providers. */
  readonly providers: ReadonlyMap<string, Provider>
  /** Makes a provider from a table of the config file. */
  readonly configured: (id: string, config: CommandProvider) => Provider
  /** The agents of the config file. */
  readonly agents: () => ReadonlyMap<string, CommandProvider>
  /** The price table of the config file. */
  readonly prices: () => ReadonlyMap<string, Price>
  /** The supervisor's own settings. */
  readonly settings: () => SupervisorSettings
  /**
   * The proxies and authorities of this machine's network, by the settings and by a caller's variables; those of the
   * supervisor where no caller is known. Throws config-invalid.
   */
  readonly companyNetwork: (callerEnv: Readonly<Record<string, string>>) => CompanyNetwork
  /**
   * Makes the request from settings, profile, environment and files; throws config-invalid and the like. `given`: the
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
  /** Reads a task's own variables from flags (null: a name without a value) and from the config file. Throws as `request`. */
  readonly variables: (input: {
    readonly given: readonly string[]
    readonly profile: string | undefined
    readonly preset: string | undefined
    readonly env: Readonly<Record<string, string>>
  }) => {
    readonly flags: Readonly<Record<string, string | null>>
    readonly configured: Readonly<Record<string, string | null>>
  }
  /** Reads the secret behind a reference such as env:NAME, in the caller's environment; rejects with no-credentials. */
  readonly credential: (reference: string, env: Readonly<Record<string, string>>) => Promise<string>
  /** The same for a secret of several lines, such as a private key. */
  readonly secretText: (reference: string, env: Readonly<Record<string, string>>) => Promise<string>
  /** A warning if the reference names a file that others on this machine can read. */
  readonly openFile: (what: string, reference: string) => readonly string[]
}

/**
 * The outside as the use cases see it, in groups: ports, each with what belongs to it, and what is known of this
 * installation. Made in wire.ts alone; a signature names the groups that it uses.
 */
export type Deps = {
  readonly installation: Installation
  readonly engines: Engines
  readonly store: Store & {
    readonly ledger: UsageLedger
    readonly journal: (path: string) => Journal
    /** A journal that is not opened for writing. */
    readonly reader: (path: string) => JournalReader
  }
  readonly git: Git & {
    /** The path of a URL's bare mirror, made or to be made. */
    readonly mirrorPath: (url: string) => string
    /** Runs what has the same key one after the other. */
    readonly oneByOne: <T>(key: string, run: () => Promise<T>, signal?: AbortSignal) => Promise<T>
  }
  readonly forges: Forges
  readonly tokens: TokenDaemons & {
    /** By what a daemon gets tokens for the forge of a URL. Rejects where the settings or the caller lack it. */
    readonly credentials: (
      url: string,
      callerEnv: Readonly<Record<string, string>>,
    ) => Promise<Pick<TokenOrder, 'company' | 'credentials'>>
  }
  readonly egress: Egress & { readonly tryKey: TryKey; readonly checkCompany: CheckCompanyNetwork }
  readonly config: Config
  readonly logins: Logins
  /** Of the turns that run. */
  readonly terminals: Terminals
  readonly clock: { readonly now: () => Date; readonly newId: () => string }
  readonly log: (line: Readonly<Record<string, unknown>>) => void
}
