import type { Duplex } from 'node:stream'
import { endSoon } from './end-soon.ts'

/**
 * Passes bytes both ways until both sides are closed. A side that ends its half ends the other's; a side that is gone takes
 * the other along, after what it sent is out.
 */
export const relay = (client: Duplex, upstream: Duplex): Promise<void> => {
  const gone = (one: Duplex, other: Duplex) =>
    new Promise<void>((resolve) => {
      const over = () => {
        if (one.errored) other.destroy()
        else endSoon(other)
        resolve()
      }
      one.on('error', () => {})
      if (one.closed) over()
      else one.once('close', over)
    })
  client.pipe(upstream)
  upstream.pipe(client)
  return Promise.all([gone(client, upstream), gone(upstream, client)]).then(() => {})
}
