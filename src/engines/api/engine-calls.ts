import type { EngineInfo } from '../engine.ts'
import type { Call } from '../http/call.ts'
import type { Connection } from '../http/connection.ts'
import type { Dialect } from './dialect.ts'

/** What the calls work with. */
export type EngineCalls = {
  readonly connection: Connection
  readonly dialect: Dialect
  readonly info: (signal?: AbortSignal) => Promise<EngineInfo>
  /** A call that should answer at once. */
  readonly quick: (method: Call['method'], path: string, doing: string, more: CallMore) => Call
}
export type CallMore = Partial<Omit<Call, 'signal'>> & { readonly signal: AbortSignal | undefined }
