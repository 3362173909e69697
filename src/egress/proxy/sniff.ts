import type { Duplex } from 'node:stream'
import { readClientHello } from './client-hello.ts'

/** How long a client may take for its first words. */
const FIRST_WORDS_MS = 10_000
const HANDSHAKE = 22
/** The longest method of HTTP that is passed on, and the blank behind it. */
const METHOD = /^[A-Z]{3,7} /
const LONGEST_METHOD = 8

export type FirstWords =
  | { readonly kind: 'tls'; readonly serverName: string | null }
  | { readonly kind: 'http' }
  | { readonly kind: 'odd'; readonly reason: string }
  /** The client went away before. */
  | { readonly kind: 'gone' }

const read = (bytes: Buffer): FirstWords | null => {
  if (bytes.length === 0) return null
  if (bytes[0] === HANDSHAKE) {
    const hello = readClientHello(bytes)
    if (hello.state === 'more') return null
    return hello.state === 'odd' ? { kind: 'odd', reason: hello.reason } : { kind: 'tls', serverName: hello.serverName }
  }
  const start = bytes.subarray(0, LONGEST_METHOD).toString('latin1')
  if (METHOD.test(start)) return { kind: 'http' }
  if (start.length < LONGEST_METHOD && /^[A-Z]*$/.test(start)) return null
  return { kind: 'odd', reason: 'neither TLS nor HTTP' }
}

/** Reads what a client says first, and puts it back: the socket is paused, and gives the same bytes again. */
export const sniff = (socket: Duplex, head: Buffer): Promise<FirstWords> =>
  new Promise((resolve) => {
    let bytes = head
    const done = (words: FirstWords) => {
      clearTimeout(timer)
      socket.off('data', take)
      socket.off('end', gone)
      socket.off('close', gone)
      socket.pause()
      if (bytes.length > 0 && !socket.destroyed && !socket.readableEnded) socket.unshift(bytes)
      resolve(words)
    }
    const timer = setTimeout(() => done({ kind: 'odd', reason: 'no first word in time' }), FIRST_WORDS_MS)
    const gone = () => done({ kind: 'gone' })
    const take = (piece: Buffer) => {
      bytes = bytes.length === 0 ? piece : Buffer.concat([bytes, piece])
      const words = read(bytes)
      if (words !== null) done(words)
    }
    socket.once('end', gone)
    socket.once('close', gone)
    const words = read(bytes)
    if (words !== null) {
      done(words)
      return
    }
    socket.on('data', take)
  })
