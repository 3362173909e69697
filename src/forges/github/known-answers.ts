import type { PlainFetch, PlainResponse } from '../../domain/plain-fetch.ts'

const MOST = 200
const MOST_TEXT = 256 * 1024

type Known = { readonly etag: string; readonly answer: PlainResponse }

/**
 * A fetch that asks for what it knows already with its ETag. GitHub counts an answer of 304 against no rate limit, and
 * gives it only to a token that may read the same.
 */
export const knownAnswers = (): ((fetch: PlainFetch) => PlainFetch) => {
  const known = new Map<string, Known>()
  const keep = async (url: string, answer: PlainResponse) => {
    const etag = answer.headers.get('etag')
    known.delete(url)
    if (answer.status !== 200 || etag === undefined || (await answer.text()).length > MOST_TEXT) return
    known.set(url, { etag, answer })
    const [oldest] = known.keys()
    if (known.size > MOST && oldest !== undefined) known.delete(oldest)
  }
  return (fetch) => async (url, request) => {
    if (request.method !== 'GET') return await fetch(url, request)
    const before = known.get(url)
    const headers = before === undefined ? request.headers : { ...request.headers, 'if-none-match': before.etag }
    const answer = await fetch(url, { ...request, headers })
    if (answer.status === 304 && before !== undefined)
      // Its address may be another one: a repository that was renamed meanwhile answers at its id.
      return { ...before.answer, url: answer.url, headers: new Map([...before.answer.headers, ...answer.headers]) }
    await keep(url, answer)
    return answer
  }
}
