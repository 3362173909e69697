import type { IncomingMessage } from 'node:http'
import { MOST_LOGIN_BYTES } from '../../domain/login-answer.ts'
import { upstreamAgents } from '../upstream-agents.ts'
import type { RefreshOrder } from './protocol.ts'

type Asked = Pick<RefreshOrder, 'url' | 'type' | 'body' | 'company'>

const TYPES = { json: 'application/json', form: 'application/x-www-form-urlencoded' } as const

const encoded = ({ type, body }: Asked): string =>
  type === 'json' ? JSON.stringify(body) : new URLSearchParams(body).toString()

const textOf = async (answer: IncomingMessage): Promise<string> => {
  const pieces: Buffer[] = []
  let size = 0
  for await (const piece of answer as AsyncIterable<Buffer>) {
    size += piece.length
    if (size > MOST_LOGIN_BYTES) throw new Error(`the answer has more than ${MOST_LOGIN_BYTES} bytes`)
    pieces.push(piece)
  }
  return Buffer.concat(pieces).toString('utf8')
}

/** Asks an issuer for new tokens, through the company's proxy where there is one. Follows no redirect. */
export const askIssuer = async (
  asked: Asked,
  signal: AbortSignal,
): Promise<{ readonly status: number; readonly text: string }> => {
  const to = new URL(asked.url)
  const { request, agent, retire } = upstreamAgents().to(to, asked.company)
  const body = encoded(asked)
  const headers = {
    'content-type': TYPES[asked.type],
    'content-length': String(Buffer.byteLength(body)),
    accept: 'application/json',
  }
  try {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
    request(to, { method: 'POST', agent, headers, signal }, resolve).on('error', reject).end(body)
    const answer = await promise
    return { status: answer.statusCode ?? 0, text: await textOf(answer) }
  } finally {
    retire()
  }
}
