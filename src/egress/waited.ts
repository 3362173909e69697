import type { ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

/** Resolves after so long, or when the client has gone: false then. Null: the client is cut off at once. */
export const waited = async (response: ServerResponse, ms: number | null): Promise<boolean> => {
  if (ms === null) {
    response.destroy()
    return false
  }
  if (ms === 0) return !response.destroyed
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  await sleep(ms, undefined, { signal: gone.signal }).catch(() => {})
  return !gone.signal.aborted
}
