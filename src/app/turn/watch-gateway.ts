import type { GatewayVerdict } from '../../domain/event.ts'
import type { GatewayLine } from '../../egress/egress.ts'
import type { Deps } from '../deps.ts'
import type { LiveTask } from '../task/live-task.ts'
import type { TurnControl } from './control.ts'

const verdictOf = (line: GatewayLine & { readonly gateway: string }): GatewayVerdict | null =>
  line.kind !== 'verdict' || line.class === undefined
    ? null
    : {
        class: line.class,
        status: line.status ?? null,
        message: line.message ?? line.class,
        gateway: line.gateway,
        line: line.n,
        fatal: line.fatal ?? false,
        ...(line.retryAt === undefined ? {} : { retryAt: line.retryAt }),
      }

/**
 * Reads the gateway's log of the model's answers: each count and verdict is an event, a fatal verdict ends the turn.
 */
export const watchGateway = (input: {
  readonly deps: Pick<Deps, 'egress' | 'log'>
  readonly live: LiveTask
  readonly turn: number
  readonly after: { readonly gateway: string; readonly line: number } | null
  readonly verdict: GatewayVerdict | null
  readonly control: TurnControl
  /** Aborted at the supervisor's shutdown: it then reads nothing more. */
  readonly signal: AbortSignal
}) => {
  const { deps, live, turn, control } = input
  const over = new AbortController()
  let fatal = input.verdict?.fatal ? input.verdict : null
  const take = async (line: GatewayLine & { readonly gateway: string }) => {
    const { usage, model, gateway } = line
    const named = model === undefined ? {} : { model }
    if (usage !== undefined) live.append({ type: 'gateway.usage', turn, usage, ...named, gateway, line: line.n })
    const verdict = verdictOf(line)
    if (verdict === null) return
    live.append({ type: 'gateway.verdict', turn, verdict })
    if (!verdict.fatal || fatal !== null) return
    fatal = verdict
    if (!over.signal.aborted) await control.request({ by: 'verdict', reason: verdict.message })
  }
  const watching = (async () => {
    for await (const line of deps.egress.lines(live.id, input.after, AbortSignal.any([input.signal, over.signal]))) {
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
      over.abort()
      await watched
      return fatal
    },
    [Symbol.dispose]: () => over.abort(),
  }
}
