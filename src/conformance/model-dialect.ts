/** A tool that a request offers; some come in a group. */
export type Tool = { readonly name: string; readonly namespace?: string }

/** What the scripted model says: a call of the client's shell, or a last word. */
export type Say = { readonly tool: Tool; readonly input: unknown } | { readonly text: string }

/** The wire form of one model API, as far as a short conversation needs it. */
export type ModelDialect = {
  /** The path of its requests. */
  readonly path: RegExp
  readonly tools: (body: Json) => readonly Tool[]
  /** The JSON schema that the answer has to fit, where a request names one. */
  readonly schema?: (body: Json) => unknown
  /** The events of a stream; the name is null where the API sends data alone. */
  readonly stream: (say: Say, model: string) => readonly (readonly [name: string | null, data: unknown])[]
}

export type Json = Readonly<Record<string, unknown>>

export const asObject = (value: unknown): Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {}

export const asObjects = (value: unknown): readonly Json[] => (Array.isArray(value) ? value.map(asObject) : [])

export const named = ({ name }: Json): Tool => ({ name: typeof name === 'string' ? name : '' })
