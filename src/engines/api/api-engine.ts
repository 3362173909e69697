import { unlessAborted } from '../../std/abort.ts'
import type { Engine, EngineInfo } from '../engine.ts'
import { QUICK_MS } from '../http/call.ts'
import { connection as connect } from '../http/connection.ts'
import { parseEndpoint } from '../http/endpoint.ts'
import { containerCalls } from './container-calls.ts'
import { containerStreams } from './container-streams.ts'
import type { Dialect } from './dialect.ts'
import type { EngineCalls } from './engine-calls.ts'
import { imageCalls } from './image-calls.ts'

export type EngineOptions = {
  /** unix:///path, tcp://host:port. */
  readonly endpoint: string
  /** Asked when nothing listens at the endpoint: may start the engine; true: try again. */
  readonly revive?: (signal: AbortSignal | undefined) => Promise<boolean>
}

/** An engine that speaks Docker's API, with its differences in the dialect. */
export const apiEngine = (dialect: Dialect, options: EngineOptions): Engine => {
  const endpoint = parseEndpoint(options.endpoint)
  const label = `${dialect.kind} at ${endpoint.url}`
  let known: Promise<EngineInfo> | undefined
  const forget = () => {
    known = undefined
  }
  const connection = connect({ endpoint, label, revive: options.revive, onDown: forget })
  const info = async (signal?: AbortSignal) => {
    known ??= dialect.info(connection, undefined)
    const asked = known
    asked.catch(() => {
      if (known === asked) known = undefined
    })
    return await unlessAborted(asked, signal)
  }
  const calls: EngineCalls = {
    connection,
    dialect,
    info,
    quick: (method, path, doing, more) => ({ method, path, doing, limitMs: QUICK_MS, ...more }),
  }
  return {
    endpoint: endpoint.url,
    info,
    ...imageCalls(calls),
    ...containerCalls(calls),
    ...containerStreams(calls),
    [Symbol.asyncDispose]: async () => connection.close(),
  }
}
