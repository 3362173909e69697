/** An answer of an HTTP server, read whole. */
export type PlainResponse = {
  readonly status: number
  readonly statusText: string
  /** Where it came from, behind all redirects. */
  readonly url: string
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>
  readonly text: () => Promise<string>
  readonly arrayBuffer: () => Promise<ArrayBuffer>
}

export type PlainRequest = {
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | undefined
  readonly signal?: AbortSignal | undefined
}

/** The part of `fetch` that clients of an API need, without what Node loads for its own. */
export type PlainFetch = (url: string, request: PlainRequest) => Promise<PlainResponse>
