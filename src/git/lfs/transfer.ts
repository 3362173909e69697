import { classifyAddress, mayReach } from '../../domain/network/address.ts'
import type { StreamAnswer, StreamClient, StreamRequest } from '../../domain/stream-client.ts'
import { errorMessage } from '../../std/error-message.ts'
import type { LfsAction } from './batch.ts'
import { LfsProblem } from './problem.ts'

const MOST_REDIRECTS = 5
/** What a connection is made of; a server has no say in that, nor in a user's cookies. */
const OURS =
  /^(host|connection|content-length|transfer-encoding|te|trailer|upgrade|expect|keep-alive|cookie|proxy-.*)$/i

/** The API that told the action, which is what the user's repository names. */
export type Teller = { readonly url: URL; readonly address: string | null }

/** What the server chose for this request. */
export const actionHeaders = ({ header }: LfsAction): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(header)
      .filter(([name]) => !OURS.test(name))
      .map(([name, value]) => [name.toLowerCase(), value]),
  )

/**
 * Where an action may lead. Another host than the API's must have public addresses, unless the API is in a private network
 * itself; then that network's. Nothing is sent in the clear that came by TLS.
 */
const judged = (to: string, from: string, teller: Teller): { url: URL; refusal?: StreamRequest['refusal'] } => {
  if (!URL.canParse(to, from)) throw new LfsProblem(`${teller.url.host} named an address that is no URL`)
  const url = new URL(to, from)
  if (url.protocol !== 'https:' && (url.protocol !== 'http:' || teller.url.protocol !== 'http:'))
    throw new LfsProblem(`${teller.url.host} sent Berth to ${url.protocol}//${url.host}, which is no https address`)
  if (url.username !== '' || url.password !== '')
    throw new LfsProblem(`${teller.url.host} sent Berth to an address with a password`)
  if (url.hostname === teller.url.hostname) return { url }
  const own = teller.address === null ? 'public' : classifyAddress(teller.address)
  return {
    url,
    refusal: (address) => {
      const kind = classifyAddress(address)
      if (mayReach(kind, own === 'private' || own === 'loopback') && (kind !== 'loopback' || own === 'loopback'))
        return null
      return `${teller.url.host} sent Berth to ${url.host}, which has the ${kind} address ${address}`
    },
  }
}

/** Carries an action out. Redirects of a GET are followed; to another origin they take none of the headers along. */
export const carryOut = async (
  client: StreamClient,
  action: LfsAction,
  teller: Teller,
  request: Pick<StreamRequest, 'method' | 'body' | 'signal'> & { readonly headers?: Readonly<Record<string, string>> },
): Promise<StreamAnswer> => {
  let place = judged(action.href, teller.url.href, teller)
  let headers = { ...request.headers, ...actionHeaders(action) }
  for (let hops = 0; ; hops += 1) {
    const { url, refusal } = place
    const answer = await client
      .ask(url, { ...request, headers, ...(refusal && { refusal }) })
      .catch((error: unknown) => {
        request.signal?.throwIfAborted()
        throw new LfsProblem(`${url.host} gave no answer: ${errorMessage(error)}`, 'unreachable')
      })
    const to = answer.headers.get('location')
    if (![301, 302, 303, 307, 308].includes(answer.status) || to === undefined || request.method !== 'GET')
      return answer
    answer.body.destroy()
    if (hops >= MOST_REDIRECTS) throw new LfsProblem(`${url.host} redirects without an end`)
    place = judged(to, url.href, teller)
    if (place.url.origin !== url.origin) headers = { ...request.headers }
  }
}
