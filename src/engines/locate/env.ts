/** A process' environment, passed in: engines read none themselves. */
export type Env = Readonly<Record<string, string | undefined>>
