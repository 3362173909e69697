import { BODY_LIMIT } from '../api/contract.ts'
import { BerthError } from '../domain/errors.ts'
import { formatBytes } from '../std/bytes.ts'

const tooLarge = () =>
  new BerthError('too-large', `the request is over ${formatBytes(BODY_LIMIT)}, more than the API accepts`)

const textOf = async (request: Request): Promise<string> => {
  const told = request.headers.get('content-length')
  // What is left unread is thrown away by the server, which holds the sender to the length it told.
  if (told !== null) {
    if (Number(told) > BODY_LIMIT) throw tooLarge()
    return await request.text()
  }
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of request.body ?? []) {
    size += part.length
    if (size > BODY_LIMIT) throw tooLarge()
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}

/** The JSON that a request brings; nothing is an empty object. */
export const bodyOf = async (request: Request): Promise<unknown> => {
  const text = await textOf(request)
  try {
    return text === '' ? {} : JSON.parse(text)
  } catch (error) {
    throw new BerthError('bad-request', `the body is not JSON: ${(error as Error).message}`, { cause: error })
  }
}
