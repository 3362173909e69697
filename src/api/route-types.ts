import type * as z from 'zod'
import type { ROUTES } from './contract.ts'
import type { Frozen } from './schema-of.ts'

type Routes = typeof ROUTES
export type RouteName = keyof Routes
/** Routes that answer with JSON. */
export type JsonRoute = { [N in RouteName]: Routes[N]['answer'] extends z.ZodType ? N : never }[RouteName]
/** Routes that answer with a stream of bytes. */
export type StreamRoute = {
  [N in RouteName]: Routes[N]['answer'] extends { readonly media: readonly string[] } ? N : never
}[RouteName]
/** Routes that change the connection's protocol. */
export type UpgradeRoute = {
  [N in RouteName]: Routes[N]['answer'] extends { readonly protocol: string } ? N : never
}[RouteName]

type Path<N extends RouteName> = Routes[N]['path']
type Params<N extends RouteName> = (Path<N> extends `${string}/:id${string}` ? { readonly id: string } : object) &
  (Path<N> extends `${string}/:turn` ? { readonly turn: number } : object)

type QueryOf<N extends RouteName> = Routes[N] extends { readonly query: infer Q extends z.ZodObject } ? Q : never
type BodyOf<N extends RouteName> = Routes[N] extends { readonly body: infer B extends z.ZodType } ? B : never

/** What a handler gets, as the row's schemas read it. */
export type Asked<N extends RouteName> = Params<N> &
  ([QueryOf<N>] extends [never] ? object : { readonly query: z.output<QueryOf<N>> }) &
  ([BodyOf<N>] extends [never] ? object : { readonly body: z.output<BodyOf<N>> })

type Query<Q extends z.ZodObject> = { readonly [K in keyof z.input<Q>]?: Frozen<z.input<Q>[K]> | undefined }

/** What a caller sends. */
export type Sent<N extends RouteName> = Params<N> &
  ([QueryOf<N>] extends [never] ? object : { readonly query?: Query<QueryOf<N>> }) &
  ([BodyOf<N>] extends [never] ? object : { readonly body: Frozen<z.input<BodyOf<N>>> })

export type Answer<N extends JsonRoute> = Frozen<z.output<Routes[N]['answer']>>
