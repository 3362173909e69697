import type { Readable } from 'node:stream'

/** Reads to the end, or until so many bytes or milliseconds; what comes later can still be piped. Rejects where the stream breaks. */
export const readSome = (
  stream: Readable,
  maxBytes: number,
  limitMs: number,
): Promise<{ readonly bytes: Buffer; readonly whole: boolean }> =>
  new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    const finish = (whole: boolean) => {
      clearTimeout(timer)
      stream.off('data', onData).off('end', onEnd).off('close', onClose)
      if (!whole) stream.pause()
      resolve({ bytes: Buffer.concat(chunks), whole })
    }
    const onData = (chunk: Buffer) => {
      chunks.push(chunk)
      size += chunk.length
      if (size >= maxBytes) finish(false)
    }
    const onEnd = () => finish(true)
    const onClose = () => {
      clearTimeout(timer)
      reject(new Error('the stream broke off'))
    }
    const timer = setTimeout(() => finish(false), limitMs)
    stream.on('data', onData).once('end', onEnd).once('close', onClose)
  })
