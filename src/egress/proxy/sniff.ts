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

/** The first words, or how many bytes are missing at least. */
const read = (bytes: Buffer): FirstWords | number => {
  if (bytes.length === 0) return 1
  if (bytes[0] === HANDSHAKE) {
    const hello = readClientHello(bytes)
    if (hello.state === 'more') return hello.missing
    return hello.state === 'odd' ? { kind: 'odd', reason: hello.reason } : { kind: 'tls', serverName: hello.serverName }
  }
  const start = bytes.subarray(0, LONGEST_METHOD).toString('latin1')
  if (METHOD.test(start)) return { kind: 'http' }
  if (start.length < LONGEST_METHOD && /^[A-Z]*$/.test(start)) return 1
  return { kind: 'odd', reason: 'neither TLS nor HTTP' }
}

/** Reads what a client says first, and puts it back: the socket is paused, and gives the same bytes again. */
export const sniff = (socket: Duplex, head: Buffer): Promise<FirstWords> =>
  new Promise((resolve) => {
    const pieces = [head]
    let size = head.length
    /** Before so many bytes are there, reading them again tells nothing: it would only take time, for each piece. */
    let enough = 0
    const done = (words: FirstWords) => {
      clearTimeout(timer)
      socket.off('data', take)
      socket.off('end', gone)
      socket.off('close', gone)
      socket.pause()
      if (size > 0 && !socket.destroyed && !socket.readableEnded) socket.unshift(Buffer.concat(pieces))
      resolve(words)
    }
    const timer = setTimeout(() => done({ kind: 'odd', reason: 'no first word in time' }), FIRST_WORDS_MS)
    const gone = () => done({ kind: 'gone' })
    const look = () => {
      const bytes = Buffer.concat(pieces)
      pieces.splice(0, pieces.length, bytes)
      const words = read(bytes)
      if (typeof words === 'number') enough = size + words
      else done(words)
      return typeof words !== 'number'
    }
    const take = (piece: Buffer) => {
      pieces.push(piece)
      size += piece.length
      if (size >= enough) look()
    }
    socket.once('end', gone)
    socket.once('close', gone)
    if (!look()) socket.on('data', take)
  })
