/** Resolves when the system has taken it: the bytes may be others then. Quietly, too, when nobody reads any more. */
export const writeTo = (stream: NodeJS.WriteStream, data: string | Uint8Array): Promise<void> =>
  new Promise((resolve) => {
    if (stream.destroyed) return resolve()
    stream.write(data, () => resolve())
  })
