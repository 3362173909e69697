import type { Duplex } from 'node:stream'

/** Ends a socket after what was written to it is out; what still comes is dropped. A socket of either kind has it. */
export const endSoon = (socket: Duplex): void => {
  const { destroySoon } = socket as Duplex & { destroySoon?: () => void }
  if (destroySoon === undefined) socket.end()
  else destroySoon.call(socket)
}
