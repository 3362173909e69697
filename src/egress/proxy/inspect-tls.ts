import type { Duplex } from 'node:stream'
import type { SecureContext, TLSSocket } from 'node:tls'

const HANDSHAKE_MS = 10_000
/** The alerts by which a client says that it does not trust who signed. */
const UNTRUSTED = /alert (?:unknown ca|bad certificate|certificate unknown)/i

/**
 * Ends a client's TLS in the gateway, in the place of the host that it asked for. Null where the client goes away before;
 * rejects with a sentence.
 */
export const inspectTls = (socket: Duplex, proof: SecureContext): Promise<TLSSocket | null> =>
  new Promise((resolve, reject) => {
    const { TLSSocket } = process.getBuiltinModule('node:tls')
    const secured = new TLSSocket(socket, { isServer: true, secureContext: proof, ALPNProtocols: ['http/1.1'] })
    const timer = setTimeout(() => failed(new Error('no TLS handshake in time')), HANDSHAKE_MS)
    const failed = (error: Error) => {
      clearTimeout(timer)
      secured.destroy()
      const isUntrusted = UNTRUSTED.test(error.message)
      const words = 'the client does not trust the authority of this task; name it the file that SSL_CERT_FILE names'
      reject(new Error(isUntrusted ? words : `the TLS of the client failed: ${error.message}`))
    }
    const gone = () => {
      clearTimeout(timer)
      secured.destroy()
      resolve(null)
    }
    // Its half is the whole of it: a handshake needs both.
    secured.once('end', gone)
    secured.once('error', failed)
    secured.once('close', gone)
    secured.once('secure', () => {
      clearTimeout(timer)
      secured.off('close', gone)
      secured.off('end', gone)
      secured.off('error', failed)
      secured.on('error', () => {})
      resolve(secured)
    })
  })
