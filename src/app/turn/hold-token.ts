import { unlessAborted } from '../../std/abort.ts'
import { errorMessage } from '../../std/error-message.ts'
import type { TokenHold, TokenListener } from '../../token-daemon/token-daemon.ts'
import type { Deps } from '../deps.ts'
import { tokenPlace } from '../task/token-place.ts'
import type { TurnContext } from '../task/turn-context.ts'

export type HeldToken = Disposable & {
  /** Resolves when the container's folder has a token; at once where tokens stay outside. */
  ready(): Promise<void>
  /**
   * Resolves when the token of an agent that runs already is masked, so that what it prints can be read. A daemon that
   * does not answer, as the forge may be away, is waited for two seconds.
   */
  adopted(): Promise<void>
  /** The turn is over: ends the daemon and removes the token. The folder goes with the container. */
  end(): Promise<void>
}

const ADOPT_MS = 2000

type Input = Pick<TurnContext, 'live' | 'plan' | 'signal'> & { readonly deps: Pick<Deps, 'log' | 'tokens'> }

/** Of a task whose tokens stay outside. */
export const NO_TOKEN: HeldToken = {
  ready: async () => {},
  adopted: async () => {},
  end: async () => {},
  [Symbol.dispose]: () => {},
}

/** Says in the journal what the supervisor hears of the daemon, and masks each token before anybody can print it. */
const listener = ({ deps, live, plan }: Input): TokenListener => {
  const { turn, tokenInside } = plan
  const repository = tokenInside?.repository ?? ''
  let isTold = false
  return {
    onToken: (token) => live.hide([token]),
    onStarted: (pid) => {
      if (live.record.tokenInside?.pid !== pid) live.append({ type: 'token-daemon.started', turn, pid, repository })
    },
    onRefreshed: (expiresAt) => void live.append({ type: 'token-daemon.refreshed', turn, expiresAt }),
    onFailed: (reason) => {
      deps.log({ level: 'error', msg: 'token daemon', task: live.id, error: reason })
      if (isTold) return
      isTold = true
      const text = `the token for ${repository} could not be refreshed, and Berth tries again: ${reason}`
      live.append({ type: 'notice', level: 'warning', text })
    },
    onEnded: (reason) => void live.append({ type: 'token-daemon.ended', turn, reason }),
  }
}

/**
 * Keeps the daemon of a turn's token alive while the turn runs. It goes on without a supervisor, and the next one finds
 * it by this.
 */
export const holdToken = (running: Input, adoptMs = ADOPT_MS): HeldToken => {
  const { deps, live, plan, signal } = running
  const place = tokenPlace(plan)
  if (place === undefined || plan.source.kind !== 'clone') return NO_TOKEN
  const { url } = plan.source
  let hold: TokenHold | undefined
  const begin = (): TokenHold => {
    const order = () => deps.tokens.credentials(url, live.callerContext?.callerEnv ?? {})
    hold ??= deps.tokens.hold(place, order, listener(running), signal)
    return hold
  }
  return {
    ready: () => begin().ready,
    async adopted() {
      try {
        await unlessAborted(begin().ready, AbortSignal.any([signal, AbortSignal.timeout(adoptMs)]))
      } catch (error) {
        signal.throwIfAborted()
        deps.log({ level: 'error', msg: 'token daemon', task: live.id, error: errorMessage(error) })
      }
    },
    async end() {
      hold?.[Symbol.dispose]()
      try {
        await deps.tokens.rest(place)
      } catch (error) {
        deps.log({ level: 'error', msg: 'token daemon', task: live.id, error: errorMessage(error) })
      }
      if (live.record.tokenInside !== undefined)
        live.append({ type: 'token-daemon.ended', turn: plan.turn, reason: 'the turn is over' })
    },
    [Symbol.dispose]: () => hold?.[Symbol.dispose](),
  }
}
