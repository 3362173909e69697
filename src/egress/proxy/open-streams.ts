import type { NetworkRequest } from '../../domain/network/judge.ts'

/** What the audit says of a stream that ended so. */
export const TAKEN_AWAY = 'no rule allows it any more'

type OpenStream = {
  readonly asked: NetworkRequest
  /** True while its bytes are passed on unread. */
  readonly isUnread?: () => boolean
  readonly cut: () => void
}

export type OpenStreams = {
  /** Remembers a stream until the returned function is called, which says whether it was cut. */
  add(stream: OpenStream): () => boolean
  /** Cuts those that may not go on. */
  recheck(isAllowed: (asked: NetworkRequest, isUnread: boolean) => boolean): void
}

/** The streams that a task has open through the proxy, so that a rule that is taken away ends them. */
export const openStreams = (): OpenStreams => {
  const streams = new Set<OpenStream>()
  const cut = new WeakSet<OpenStream>()
  return {
    add: (stream) => {
      streams.add(stream)
      return () => {
        streams.delete(stream)
        return cut.has(stream)
      }
    },
    recheck: (isAllowed) => {
      for (const stream of streams) {
        if (isAllowed(stream.asked, stream.isUnread?.() ?? false)) continue
        cut.add(stream)
        stream.cut()
      }
    },
  }
}
