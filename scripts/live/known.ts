import { recordedStreams } from '../../test/conformance/recorded.ts'
import { MODEL_PATHS } from '../../test/fixtures/issuers/model-paths.ts'
import { startIssuers } from '../../test/fixtures/issuers/start-issuers.ts'
import { startModelServer } from '../../test/fixtures/model-server/start-model-server.ts'
import { jsonLines, jsonParts } from './json-parts.ts'
import type { Exchange } from './recorder.ts'
import { type Shape, shapeOf } from './shape.ts'

const WORDS = { after: { text: 'ready' } }

/** What a CLI printed in all recordings of it. */
export const recordedOutput = (agent: string): Shape =>
  shapeOf(recordedStreams(agent).flatMap(({ lines }) => jsonLines(lines.join('\n'))))

const HEADERS = ['content-type', 'accept', 'anthropic-version', 'anthropic-beta'] as const

/** Sends what the service was asked to a server of the tests; the secrets stay here. */
const ask = async (url: string, { method, path, headers, body }: Exchange, own: Readonly<Record<string, string>>) => {
  const kept = HEADERS.flatMap((name) => (headers[name] === undefined ? [] : [[name, String(headers[name])]]))
  const answer = await fetch(`${url}${path}`, {
    method,
    headers: { ...Object.fromEntries(kept), ...own },
    ...(body.length === 0 ? {} : { body: new Uint8Array(body) }),
  })
  return { status: answer.status, parts: jsonParts(answer.headers.get('content-type') ?? '', await answer.text()) }
}

/** What the scripted model answers to the same request. */
const byModel = async (exchange: Exchange) => {
  await using model = await startModelServer({ scenario: WORDS })
  return await ask(model.url, exchange, { authorization: 'Bearer scripted' })
}

/** What the scripted services of subscriptions answer to it. */
const byIssuers = async (exchange: Exchange) => {
  await using issuers = await startIssuers({ model: { scenario: WORDS } })
  const { pathname } = new URL(exchange.path, issuers.url)
  const service = MODEL_PATHS.find(({ path }) => path.test(pathname))?.service ?? 'claude'
  const account = issuers.account(service)
  const { access } = issuers.tokens(service).signIn(account)
  return await ask(issuers.url, exchange, { authorization: `Bearer ${access}`, 'chatgpt-account-id': account })
}

/** The answer that the tests' servers give in the service's place, without its values. */
export const scriptedAnswer = async (
  exchange: Exchange,
  kind: 'key' | 'login',
): Promise<{ readonly status: number; readonly shape: Shape }> => {
  const { status, parts } = await (kind === 'key' ? byModel : byIssuers)(exchange)
  return { status, shape: shapeOf(parts) }
}
