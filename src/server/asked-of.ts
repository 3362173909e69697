import * as z from 'zod'
import { PARAMS } from '../api/queries.ts'
import type { Route } from '../api/route.ts'
import { BerthError } from '../domain/errors.ts'
import { bodyOf } from './body-of.ts'

/** What a schema makes of text out of a URL; what is wrong is said in its own words. */
export const read = <S extends z.ZodType>(schema: S, input: unknown): z.output<S> => {
  const { success, data, error } = schema.safeParse(input)
  if (!success) throw new BerthError('bad-request', error.issues[0]?.message ?? '', { cause: error })
  return data
}

const isList = (field: z.core.$ZodType): boolean =>
  field instanceof z.ZodPrefault ? isList(field.unwrap()) : field instanceof z.ZodArray

const queryIn = (schema: z.ZodObject, given: URLSearchParams): unknown =>
  Object.fromEntries(
    Object.entries(schema.shape).flatMap(([name, field]) =>
      given.has(name) ? [[name, isList(field) ? given.getAll(name) : given.get(name)]] : [],
    ),
  )

/** What is asked with a request: the parts of its path, its query and its body, as the row's schemas read them. */
export const askedOf = async (
  row: Route,
  request: Request,
  params: Readonly<Record<string, string>>,
): Promise<object> => {
  const body = row.body === undefined ? {} : { body: row.body.parse(await bodyOf(request)) }
  const { searchParams } = new URL(request.url)
  return {
    ...body,
    ...(row.query === undefined ? {} : { query: read(row.query, queryIn(row.query, searchParams)) }),
    ...read(z.object(PARAMS).partial(), params),
  }
}
