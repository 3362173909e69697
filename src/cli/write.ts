/** Writes and waits where the reader is slower; resolves quietly when nobody reads any more. */
export const writeTo = (stream: NodeJS.WriteStream, data: string | Uint8Array): Promise<void> =>
  new Promise((resolve) => {
    if (stream.destroyed || stream.write(data)) return resolve()
    const done = () => {
      stream.off('drain', done)
      stream.off('close', done)
      resolve()
    }
    stream.once('drain', done)
    stream.once('close', done)
  })
