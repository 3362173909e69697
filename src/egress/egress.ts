import type { Socket } from 'node:net'
import type { CompanyNetwork } from '../domain/company-network.ts'
import type { DialTarget } from '../domain/dial.ts'
import type { ModelAccess } from '../domain/model-access.ts'
import type { NetworkRule } from '../domain/network/rule.ts'
import type { Usage } from '../domain/usage.ts'

/** The way to a task's model, with the key itself. */
export type GatewayModel = ModelAccess & {
  /** Null: no key is set, the placeholder is taken out. */
  readonly key: string | null
  /** Headers that are set upstream; those of the same names that the container sends are dropped. */
  readonly headers?: Readonly<Record<string, string>>
  /** The key is the token of a login, as PROVIDER/NAME, which `Egress.setKey` renews. `version` names the token. */
  readonly login?: { readonly name: string; readonly version: string }
}

/** Another token of a login. `version` is none that the task had before. */
export type LoginKey = {
  readonly key: string
  readonly headers: Readonly<Record<string, string>>
  readonly version: string
}

/** What the supervisor gives for a token that the model refused; `refused`: there is no other, and why. */
export type LoginKeyAnswer = LoginKey | { readonly refused: string }

/** A task whose requests wait for another token than this one. */
export type WantedKey = { readonly task: string; readonly login: string; readonly version: string }

/** A task's rules as the gateway holds them, in memory only. The key is set on the way out and never written anywhere. */
export type GatewayTask = {
  readonly task: string
  /** The unix socket the gateway listens on for this task. */
  readonly socket: string
  readonly model: GatewayModel | null
  /** The proxies and authorities of this machine's network, for the model and for all else; its file is read at each open. */
  readonly company: CompanyNetwork
  /** What the task may reach beside its model. Null: nothing. */
  readonly network: { readonly rules: readonly NetworkRule[] } | null
}

/**
 * A numbered line of the gateway's log; `n` only grows in each gateway, over all its tasks. A request's line is written
 * when it is over, or refused; a verdict's before the client has the answer. Of many lines of one kind the later ones are
 * counted. Messages hold the upstream's own words with the key masked.
 */
export type GatewayLine = {
  readonly n: number
  readonly at: string
  readonly task: string
  /** `net`: a connection or a request by the proxy. */
  readonly kind: 'request' | 'verdict' | 'net'
  readonly method?: string
  readonly path?: string
  readonly status?: number | null
  readonly ms?: number
  /** The line stands for so many of its kind, with the words of the last one and the tokens of all. Absent: for one. */
  readonly count?: number
  /** What the answer told of its tokens, up to where it was broken off. */
  readonly usage?: Usage
  /** The model that gave it, by the answer's own word; absent where it told none, and in a line for answers of several. */
  readonly model?: string
  /** Of a request to the model: where that is. Of a `net` line: the canonical target, what was judged, and the rule's own word for itself (null: none allows it). */
  readonly host?: string
  readonly port?: number
  readonly verdict?: 'allowed' | 'denied'
  readonly rule?: string | null
  /** The target for `berth allow` that would let it pass. */
  readonly allow?: string | null
  /** To the client, and from it. */
  readonly bytesIn?: number
  readonly bytesOut?: number
  readonly class?: 'auth' | 'model' | 'unreachable' | 'rate-limit' | 'context'
  readonly fatal?: boolean
  /** ISO 8601: when the upstream said to come again, where that is too far off to be waited for. */
  readonly retryAt?: string
  readonly message?: string
}

/** What a model's server says of a key; `unknown` where its answer, or none, says nothing of it. */
export type KeyCheck = { readonly verdict: 'accepted' | 'refused' | 'unknown'; readonly detail: string }

/**
 * Asks the server at `url` by GET, or by `method`, with the key as it travels, and trusts whom the gateway trusts. Never rejects; bounded
 * by a limit of its own. `detail` holds the URL and the status or the cause, never the key.
 */
export type TryKey = (
  asked: {
    readonly url: string
    readonly header: ModelAccess['header']
    readonly key: string
    readonly method?: 'GET' | 'POST'
    readonly body?: string
    /** Beside the key's. */
    readonly headers?: Readonly<Record<string, string>>
    readonly company: CompanyNetwork
  },
  signal: AbortSignal,
) => Promise<KeyCheck>

/**
 * Has a login refreshed by a process of its own, which outlives this one. Null: the issuer's answer lies in the folder, or
 * did already. Else a sentence that says why there is none; the login is as it was. Never rejects; bounded by limits of
 * its own.
 */
export type RefreshLogin = (asked: {
  /** The login's folder, with its lock and its file. */
  readonly folder: string
  /** `loginVersion` of the login that `body` is of: one with other tokens is left as it is. */
  readonly version: string
  readonly url: string
  readonly type: 'json' | 'form'
  readonly body: Readonly<Record<string, string>>
  readonly company: CompanyNetwork
}) => Promise<string | null>

/**
 * Throws a BerthError where the gateway could not work in this network: config-invalid for a file of authorities that is
 * none, proxy-refused where the proxy does not pass a connection to the model's server on. `upstream` null: no model.
 */
export type CheckCompanyNetwork = (
  asked: { readonly company: CompanyNetwork; readonly upstream: string | null },
  signal: AbortSignal,
) => Promise<void>

/** The supervisor's side of the gateway: starts the process on need, hands it rules, reads its log. */
export interface Egress extends AsyncDisposable {
  /**
   * Acknowledged once the socket listens. Idempotent; a new key replaces the old one. Starts a gateway when none answers.
   * A gateway that dies later is replaced without a call, with all that was opened here and not closed.
   */
  open(task: GatewayTask): Promise<void>
  /**
   * New rules for a task that is open; its model and its key stay. Streams that the rules do not allow end. Does nothing
   * for a task that is not open.
   */
  setNetwork(task: string, network: GatewayTask['network']): Promise<void>
  /**
   * Another token for a task that is open, of its login; requests that wait for it go on. A gateway that replaces this one
   * gets the newest. Does nothing for a task that is not open.
   */
  setKey(task: string, answer: LoginKeyAnswer): Promise<void>
  /**
   * Calls the listener for each token that the model refused while requests wait for another one, also for those that
   * waited before: for an earlier supervisor, too. The function that it returns ends that.
   */
  onWanted(listener: (wanted: WantedKey) => void): () => void
  /** Has the gateway write what it only counted so far of a task. Does nothing where no gateway holds it. */
  flush(task: string): Promise<void>
  /** Closes the socket and forgets the rules. Idempotent. */
  close(task: string): Promise<void>
  /** Closes, and removes the task's log. Idempotent. */
  forget(task: string): Promise<void>
  /** Removes the logs of all tasks but those that are known. */
  keepLogs(isKnown: (task: string) => boolean): void
  /** Tasks the running gateway holds; empty where none runs. */
  held(): Promise<readonly string[]>
  /**
   * Lines of this task after line `after` of gateway `gateway`, then new ones as they come. What is on record when the
   * signal comes is still given; then it ends, without an error.
   */
  lines(
    task: string,
    after: { readonly gateway: string; readonly line: number } | null,
    signal: AbortSignal,
  ): AsyncIterable<GatewayLine & { readonly gateway: string }>
  /**
   * A connection to a target in the sandbox of a task that is open. Rejects with `port-unreachable` and the reason where
   * there is none. The bytes are those of `carryConnection`.
   */
  dial(task: string, target: DialTarget, signal: AbortSignal): Promise<Socket>
  /** Ends the gateway when it holds no task. */
  retire(): Promise<void>
  status(): Promise<{ readonly pid: number; readonly build: string; readonly tasks: number } | null>
}
