import type { GatewayVerdict } from '../../domain/event.ts'
import type { GatewayLine } from '../../egress/egress.ts'
import type { Deps } from '../deps.ts'
import type { LiveTask } from '../task/live-task.ts'
import { isBehind, type TurnHistory } from '../task/turn-history.ts'
import type { TurnControl } from './control.ts'
import { denialCounter } from './count-denials.ts'

const verdictOf = (line: GatewayLine & { readonly gateway: string }, endsTurn: boolean): GatewayVerdict | null =>
  line.kind !== 'verdict' || line.class === undefined
    ? null
    : {
        class: line.class,
        status: line.status ?? null,
        message: line.message ?? line.class,
        gateway: line.gateway,
        line: line.n,
        fatal: endsTurn && line.fatal === true,
        ...(line.retryAt === undefined ? {} : { retryAt: line.retryAt }),
      }

/**
 * Reads the gateway's log of a turn: each count and verdict of the model's answers is an event, and what was denied; a fatal
 * verdict ends the turn.
 */
export const watchGateway = (input: {
  readonly deps: Pick<Deps, 'egress' | 'log'>
  readonly live: LiveTask
  readonly turn: number
  /** A fatal verdict ends the turn. At a terminal the person decides: the CLI shows them what is wrong. */
  readonly endsTurn: boolean
  /** HOST:PORT of one request each whose denial is not told. */
  readonly expected?: readonly string[]
  readonly history: Pick<TurnHistory, 'turnLine' | 'gatewayLine' | 'denied' | 'verdict'>
  readonly control: TurnControl
  /** Aborted at the supervisor's shutdown: it then reads nothing more. */
  readonly signal: AbortSignal
}) => {
  const { deps, live, turn, endsTurn, history, control } = input
  const over = new AbortController()
  const denials = denialCounter(turn, history.denied, input.expected)
  let fatal = history.verdict?.fatal ? history.verdict : null
  const take = async (line: GatewayLine & { readonly gateway: string }) => {
    const denied = denials.take(line)
    if (denied !== null) live.append(denied)
    const { usage, model, gateway } = line
    if (!isBehind({ gateway, line: line.n }, history.gatewayLine)) return
    const named = model === undefined ? {} : { model }
    if (usage !== undefined) live.append({ type: 'gateway.usage', turn, usage, ...named, gateway, line: line.n })
    const verdict = verdictOf(line, endsTurn)
    if (verdict === null) return
    live.append({ type: 'gateway.verdict', turn, verdict })
    if (!verdict.fatal || fatal !== null) return
    fatal = verdict
    if (!over.signal.aborted) await control.request({ by: 'verdict', reason: verdict.message })
  }
  const watching = (async () => {
    const ended = AbortSignal.any([input.signal, over.signal])
    for await (const line of deps.egress.lines(live.id, history.turnLine, ended)) {
      if (input.signal.aborted) return
      await take(line)
    }
  })()
  const watched = watching.catch((error: unknown) =>
    deps.log({ level: 'error', msg: 'gateway log', task: live.id, error: String(error) }),
  )
  return {
    /** For the end of the container: the fatal verdict, once every line the gateway wrote for this task is read. */
    async settle(): Promise<GatewayVerdict | null> {
      await deps.egress.flush(live.id)
      over.abort()
      await watched
      if (!input.signal.aborted) live.append(...denials.rest())
      return fatal
    },
    [Symbol.dispose]: () => over.abort(),
  }
}
