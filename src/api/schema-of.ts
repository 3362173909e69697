import type * as z from 'zod'

/** A value as an answer has it: nothing in it is written to. */
export type Frozen<T> = T extends readonly (infer E)[]
  ? readonly Frozen<E>[]
  : T extends object
    ? { readonly [K in keyof T]: Frozen<T[K]> }
    : T

/** With each field that may be absent: a type without such a field would pass for one that has it. */
type Whole<T> = T extends readonly (infer E)[]
  ? readonly Whole<E>[]
  : T extends object
    ? { readonly [K in keyof T]-?: Whole<T[K]> }
    : T

type Same<A, B> = [A, Whole<A>] extends [B, Whole<B>] ? ([B, Whole<B>] extends [A, Whole<A>] ? true : false) : false

/** The schema of a type of the domain. A field that one has and the other lacks is a compile error. */
export const schemaOf =
  <T>() =>
  <S extends z.ZodType>(
    schema: S,
    ..._: Same<Frozen<z.output<S>>, Frozen<T>> extends true ? [] : ['schema and type differ']
  ): S =>
    schema
