import type { RouteName, Sent } from '../api/route-types.ts'
import { PATHS } from './paths.ts'

/** What any route may be sent; the row's type says which of it. */
type Parts = {
  readonly id?: string
  readonly turn?: number
  readonly query?: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly body?: unknown
}

export type RouteCall = { readonly method: string; readonly path: string; readonly body?: unknown }

const queryText = (query: Parts['query'] = {}): string => {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query))
    for (const one of value === undefined ? [] : [value].flat()) search.append(name, one)
  return search.size === 0 ? '' : `?${search}`
}

/** The request for a route, its path filled in. */
export const routeCall = <N extends RouteName>(name: N, sent: Sent<N>): RouteCall => {
  const { id = '', turn = 0, query, body } = sent as Parts
  const [method, path] = PATHS[name]
  const filled = path.replace(':id', encodeURIComponent(id)).replace(':turn', String(turn))
  return { method, path: `${filled}${queryText(query)}`, body }
}
