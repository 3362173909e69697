import type { TokenOrder, TokenPlace } from './protocol.ts'

/** What a supervisor hears of a daemon. */
export type TokenListener = {
  /** A token that is in the folder from now on, or is about to be. Called before any program can read it. */
  readonly onToken: (token: string) => void
  readonly onStarted: (pid: number) => void
  /** ISO 8601; null: the token has no end. */
  readonly onRefreshed: (expiresAt: string | null) => void
  /** A refresh failed and is tried again; the last token is still there. */
  readonly onFailed: (reason: string) => void
  readonly onEnded: (reason: string) => void
}

export type TokenHold = Disposable & {
  /**
   * Resolves when the folder has a token. Rejects with the forge's BerthError where the first one could not be had, and
   * with the signal's reason.
   */
  readonly ready: Promise<void>
}

/**
 * The processes that keep the tokens of tasks fresh, one a task. They outlive the supervisor, and the next one finds them
 * again.
 */
export interface TokenDaemons {
  /**
   * Watches the daemon of a task and starts one where there is none, again and again, until the hold is disposed of or the
   * signal aborted; the daemon goes on then. `order` is called for each start.
   */
  hold(
    place: TokenPlace,
    order: () => Promise<Pick<TokenOrder, 'company' | 'credentials'>>,
    listener: TokenListener,
    signal: AbortSignal,
  ): TokenHold
  /** Ends the daemon of a task, if there is one, and empties its folder, which a container may still mount. Idempotent. */
  rest(place: Pick<TokenPlace, 'folder' | 'socket'>): Promise<void>
  /** As `rest`, and removes the folder. */
  end(place: Pick<TokenPlace, 'folder' | 'socket'>): Promise<void>
}
