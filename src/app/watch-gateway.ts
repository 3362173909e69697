import { setTimeout as sleep } from 'node:timers/promises'
import type { GatewayVerdict } from '../domain/event.ts'
import type { TurnControl } from './control.ts'
import type { Deps } from './deps.ts'
import type { LiveTask } from './live-task.ts'

const SETTLE_MS = 100

/** Reads what the gateway saw of the model's answers: each verdict is an event, a fatal one ends the turn. */
export const watchGateway = (input: {
  readonly deps: Deps
  readonly live: LiveTask
  readonly turn: number
  readonly after: { readonly gateway: string; readonly line: number } | null
  readonly verdict: GatewayVerdict | null
  readonly control: TurnControl
  readonly signal: AbortSignal
}) => {
  const { deps, live, turn, control } = input
  const own = new AbortController()
  const signal = AbortSignal.any([input.signal, own.signal])
  let fatal = input.verdict?.fatal ? input.verdict : null
  const watching = (async () => {
    for await (const line of deps.egress.lines(live.id, input.after, signal)) {
      if (line.kind !== 'verdict' || line.class === undefined) continue
      const verdict: GatewayVerdict = {
        class: line.class,
        status: line.status ?? null,
        message: line.message ?? line.class,
        gateway: line.gateway,
        line: line.n,
        fatal: line.fatal ?? false,
      }
      live.append({ type: 'gateway.verdict', turn, verdict })
      if (!verdict.fatal || fatal !== null) continue
      fatal = verdict
      await control.request({ by: 'verdict', reason: verdict.message })
    }
  })()
  watching.catch((error: unknown) =>
    deps.log({ level: 'error', msg: 'gateway log', task: live.id, error: String(error) }),
  )
  return {
    /** The fatal verdict, once every line the gateway wrote for this task is read. */
    async settle(): Promise<GatewayVerdict | null> {
      await deps.egress.close(live.id).catch(() => {})
      await Promise.race([watching.catch(() => {}), sleep(SETTLE_MS, undefined, { ref: false })])
      own.abort()
      return fatal
    },
    stop: () => own.abort(),
  }
}
