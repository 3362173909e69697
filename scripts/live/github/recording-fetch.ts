import type { PlainFetch } from '../../../src/domain/plain-fetch.ts'
import { jsonParts } from '../json-parts.ts'
import { type Shape, shapeOf } from '../shape.ts'

/** An answer of the API without its values: those of a token's answer are secrets. */
export type ApiExchange = {
  /** `METHOD /path`, without names, numbers and ids. */
  readonly route: string
  readonly status: number
  readonly shape: Shape
  /** Headers of limits as they came. */
  readonly limits: Readonly<Record<string, string>>
}

const LIMIT_HEADER = /^x-ratelimit-|^retry-after$|^github-authentication-token-expiration$/

/** The path with names for what differs from one GitHub to another. */
const routeOf = (method: string, url: string): string => {
  const path = decodeURIComponent(new URL(url).pathname)
    .replace(/^\/api\/v3(?=\/)/, '')
    .replace(/^\/repos\/[^/]+\/[^/]+/, '/repos/OWNER/NAME')
    .replace(/\/[0-9a-f]{40}(?=\/|$)/g, '/SHA')
    .replace(/\/\d+(?=\/|$)/g, '/NUMBER')
    .replace(/\/heads\/.+$/, '/heads/BRANCH')
  return `${method} ${path}`
}

/** Passes requests on, and keeps the form of each answer. */
export const recordingFetch = (fetch: PlainFetch, exchanges: ApiExchange[]): PlainFetch => {
  return async (url, request) => {
    const answer = await fetch(url, request)
    const { status, headers } = answer
    const parts = jsonParts(headers.get('content-type') ?? '', await answer.text())
    exchanges.push({
      route: routeOf(request.method, url),
      status,
      shape: shapeOf(parts),
      limits: Object.fromEntries([...headers].filter(([name]) => LIMIT_HEADER.test(name))),
    })
    return answer
  }
}
