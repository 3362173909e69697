import type { Socket } from 'node:net'

/** Passes bytes between two connections, both ways. When one of them ends, the other ends behind its last byte. */
export const splice = (one: Socket, other: Socket): void => {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    const end = () => to.destroySoon()
    from.on('error', () => {})
    from.once('end', end)
    from.once('close', end)
    from.pipe(to, { end: false })
    if (from.destroyed) end()
  }
}
