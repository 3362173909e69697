import type * as z from 'zod'
import type { ErrorCode } from '../domain/errors.ts'

/** A row of the table of routes: everything that both ends know of one. */
export type Route = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Below the socket's root; `:id` and `:turn` are read as PARAMS has them. */
  readonly path: string
  /** One sentence for the reference. */
  readonly does: string
  readonly query?: z.ZodObject
  readonly body?: z.ZodType
  /** Of an answer that is no error. */
  readonly status: 101 | 200 | 201
  /** A schema of JSON, else the media types of a stream or the protocol of an upgrade. */
  readonly answer: z.ZodType | { readonly media: readonly string[] } | { readonly protocol: string }
  /** Beside those that any route with such a path, query or body may give. */
  readonly errors?: readonly ErrorCode[]
}
