import type { Socket } from 'node:net'
import type { SecureContext, TLSSocket } from 'node:tls'
import { onAbort } from '../std/abort.ts'

/** TLS over an open connection; the server must prove that it is `host`. Rejects with the signal's reason, and destroys. */
export const secured = async (
  socket: Socket,
  host: string,
  { secureContext, signal }: { readonly secureContext: SecureContext; readonly signal: AbortSignal },
): Promise<TLSSocket> => {
  const tls = process.getBuiltinModule('node:tls')
  const { isIP } = process.getBuiltinModule('node:net')
  const { promise, resolve, reject } = Promise.withResolvers<TLSSocket>()
  const named = isIP(host) === 0 ? { host, servername: host } : { host }
  const secure = tls.connect({ socket, ...named, secureContext, ALPNProtocols: ['http/1.1'] })
  // Stays, as on a plain connection.
  secure.on('error', reject)
  secure.once('secureConnect', () => resolve(secure))
  using _ = onAbort(signal, () => reject(signal.reason))
  try {
    return await promise
  } catch (error) {
    secure.destroy()
    socket.destroy()
    throw error
  }
}
