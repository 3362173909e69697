import type { NetworkRequest } from '../../domain/network/judge.ts'

type OpenStream = { readonly asked: NetworkRequest; readonly cut: () => void }

export type OpenStreams = {
  /** Remembers a stream until the returned function is called. */
  add(stream: OpenStream): () => void
  /** Cuts those that may not go on. */
  recheck(isAllowed: (asked: NetworkRequest) => boolean): void
}

/** The streams that a task has open through the proxy, so that a rule that is taken away ends them. */
export const openStreams = (): OpenStreams => {
  const streams = new Set<OpenStream>()
  return {
    add: (stream) => {
      streams.add(stream)
      return () => void streams.delete(stream)
    },
    recheck: (isAllowed) => {
      for (const stream of streams) if (!isAllowed(stream.asked)) stream.cut()
    },
  }
}
