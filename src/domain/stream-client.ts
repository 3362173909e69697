import type { Readable } from 'node:stream'

export type StreamRequest = {
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | { readonly stream: Readable; readonly bytes: number }
  /** Why an address of the host may not be connected to; null if it may. A proxy looks names up by itself. */
  readonly refusal?: (address: string) => string | null
  readonly signal?: AbortSignal | undefined
}

export type StreamAnswer = {
  readonly status: number
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>
  /** The address that answered; null: a proxy is between. */
  readonly address: string | null
  /** To be read to its end, or destroyed. */
  readonly body: Readable
}

/** Asks HTTP servers for contents of any size. It follows no redirect. */
export type StreamClient = Disposable & {
  /** Rejects with the signal's reason, or with the cause of a connection that failed or stood still. */
  ask(url: URL, request: StreamRequest): Promise<StreamAnswer>
}
