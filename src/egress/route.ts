import type { GatewayLine, GatewayModel } from './egress.ts'
import { type FailureStreak, failureStreak } from './failure-streak.ts'
import { type BodyBudget, bodyBudget } from './kept-body.ts'
import type { Limits } from './limits.ts'
import type { ModelKey } from './model-key.ts'
import { type OverflowLoop, overflowLoop } from './overflow-loop.ts'
import type { Upstream } from './upstream-agents.ts'
import { type UpstreamReachability, upstreamReachability } from './upstream-reachability.ts'

export type VerdictLine = Pick<GatewayLine, 'class' | 'fatal' | 'retryAt' | 'status' | 'message'>

/** A task's way to its model. */
export type Route = {
  /** As it was given at first; `key` has its newest key. */
  readonly model: GatewayModel
  readonly key: ModelKey
  /** For the bodies of requests that may be sent again. */
  readonly bodies: BodyBudget
  readonly upstream: URL
  /** Where the model is, and what lets requests pass there, as the log has them. */
  readonly place: { readonly host: string; readonly port: number; readonly rule: string }
  readonly way: Upstream
  readonly limits: Limits
  readonly reachability: UpstreamReachability
  readonly overflows: OverflowLoop
  readonly failures: FailureStreak
  readonly redact: (text: string) => string
  /** On record when it returns. */
  readonly verdict: (line: VerdictLine) => void
}

type Deps = {
  readonly key: ModelKey
  readonly way: Upstream
  readonly limits: Limits
  readonly write: (line: VerdictLine) => void
}

export const route = (model: GatewayModel, { key, way, limits, write }: Deps): Route => {
  const upstream = new URL(model.upstream)
  const { redact } = key
  const verdict = (line: VerdictLine) => write({ ...line, message: redact(line.message ?? '') })
  const unreachable = (reason: string) =>
    verdict({
      class: 'unreachable',
      fatal: true,
      status: null,
      message: `the model at ${upstream.origin} can't be reached: ${reason}`,
    })
  const watched = {
    reachability: upstreamReachability(limits, unreachable),
    overflows: overflowLoop(),
    failures: failureStreak(model.failures),
  }
  const usual = upstream.protocol === 'https:' ? 443 : 80
  const place = {
    host: upstream.hostname.replace(/^\[|\]$/g, ''),
    port: Number(upstream.port) || usual,
    rule: redact(model.upstream),
  }
  const bodies = bodyBudget(limits.keptBytes)
  return { model, key, bodies, upstream, place, way, limits, redact, verdict, ...watched }
}
