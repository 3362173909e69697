/** An iterable whose first piece is there already: what goes wrong before it can still be answered as an error. */
export const begun = async <T>(pieces: Iterable<T> | AsyncIterable<T>): Promise<AsyncGenerator<T>> => {
  const source = (async function* () {
    yield* pieces
  })()
  const first = await source.next()
  return (async function* () {
    if (first.done) return
    try {
      yield first.value
      yield* source
    } finally {
      await source.return(undefined)
    }
  })()
}
