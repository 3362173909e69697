import type { Readable } from 'node:stream'
import * as z from 'zod'
import type { LfsPointer } from '../../domain/lfs-pointer.ts'
import type { StreamAnswer, StreamClient } from '../../domain/stream-client.ts'
import { errorMessage } from '../../std/error-message.ts'
import { terminalLine } from '../../std/terminal-safe.ts'
import { LfsProblem } from './problem.ts'
import type { LfsOperation, LfsServer } from './server.ts'

export const LFS_JSON = 'application/vnd.git-lfs+json'
const AT_ONCE = 100
const MOST_BYTES = 4 * 1024 * 1024
const MOST_WORDS = 300

const action = z.object({
  href: z.string().max(16_384),
  header: z.record(z.string().max(200), z.string().max(16_384)).nullish(),
})
const answered = z.object({
  transfer: z.string().nullish(),
  objects: z.array(
    z.object({
      oid: z.string(),
      actions: z.object({ download: action.nullish(), upload: action.nullish(), verify: action.nullish() }).nullish(),
      error: z.object({ code: z.number(), message: z.string() }).nullish(),
    }),
  ),
})

/** What the server says to do, with headers of its choice. */
export type LfsAction = { readonly href: string; readonly header: Readonly<Record<string, string>> }

/** What the server says of an object. None of the three: it has the object, and wants nothing. */
export type LfsAnswer = {
  readonly action?: LfsAction
  /** To be told after an upload. */
  readonly verify?: LfsAction
  readonly error?: string
}

export type Batch = {
  readonly answers: ReadonlyMap<string, LfsAnswer>
  /** The address of the server; null: a proxy is between. */
  readonly address: string | null
}

const words = (text: string): string => terminalLine(text).slice(0, MOST_WORDS)

/** A short answer, whole. */
export const readShort = async (body: Readable): Promise<string> => {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of body as AsyncIterable<Buffer>) {
    size += part.length
    if (size > MOST_BYTES) throw new LfsProblem('its answer is too long')
    parts.push(part)
  }
  return Buffer.concat(parts).toString()
}

const refused = (host: string, status: number, text: string): LfsProblem => {
  let said = ''
  try {
    const { message } = JSON.parse(text) as { message?: unknown }
    if (typeof message === 'string') said = `: ${words(message)}`
  } catch {
    // A page for people.
  }
  if (status === 401)
    return new LfsProblem(`${host} wants other credentials for Git LFS than there are (401)${said}`, 'denied')
  if (status === 403) return new LfsProblem(`${host} does not allow it for Git LFS (403)${said}`, 'denied')
  if (status === 404) return new LfsProblem(`${host} shows no LFS API for the repository (404)${said}`, 'denied')
  return new LfsProblem(`${host} answered the LFS API with ${status}${said}`)
}

type Asked = {
  readonly client: StreamClient
  readonly server: LfsServer
  readonly signal: AbortSignal | undefined
}

/** Each server asks for credentials but once. */
const known = new WeakMap<LfsServer, string>()

const post = async ({ client, server, signal }: Asked, body: string): Promise<StreamAnswer> => {
  const url = new URL(`${server.url}/objects/batch`)
  const ask = async () => {
    const authorization = known.get(server)
    const headers = { accept: LFS_JSON, 'content-type': LFS_JSON, ...server.headers }
    return await client
      .ask(url, {
        method: 'POST',
        headers: authorization === undefined ? headers : { ...headers, authorization },
        body,
        signal,
      })
      .catch((error: unknown) => {
        signal?.throwIfAborted()
        throw new LfsProblem(`${url.host} gave no answer: ${errorMessage(error)}`, 'unreachable')
      })
  }
  const first = await ask()
  if (first.status !== 401 || known.has(server)) return first
  const authorization = await server.authorize()
  if (authorization === undefined) return first
  first.body.destroy()
  known.set(server, authorization)
  return await ask()
}

const actionOf = (one: z.infer<typeof action> | null | undefined): LfsAction | undefined =>
  one == null ? undefined : { href: one.href, header: one.header ?? {} }

const askSome = async (asked: Asked, operation: LfsOperation, objects: readonly LfsPointer[]): Promise<Batch> => {
  const { host } = new URL(asked.server.url)
  const named = objects.map(({ oid, size }) => ({ oid, size }))
  const answer = await post(
    asked,
    JSON.stringify({ operation, transfers: ['basic'], objects: named, hash_algo: 'sha256' }),
  )
  const text = await readShort(answer.body)
  if (answer.status !== 200) throw refused(host, answer.status, text)
  let read: z.infer<typeof answered>
  try {
    read = answered.parse(JSON.parse(text))
  } catch {
    throw new LfsProblem(`${host} did not answer as an LFS API does`)
  }
  if (read.transfer != null && read.transfer !== 'basic')
    throw new LfsProblem(`${host} wants the transfer ${words(read.transfer)}, and Berth knows only basic`)
  const answers = new Map<string, LfsAnswer>()
  for (const { oid, actions, error } of read.objects) {
    const todo = actionOf(actions?.[operation])
    const verify = actionOf(actions?.verify)
    const failed = error == null ? undefined : `${host} says: ${words(error.message)} (${error.code})`
    answers.set(oid, { ...(todo && { action: todo }), ...(verify && { verify }), ...(failed && { error: failed }) })
  }
  return { answers, address: answer.address }
}

/** Asks what is to be done with objects. Rejects with LfsProblem, or with the signal's reason. */
export const askBatch = async (
  asked: Asked,
  operation: LfsOperation,
  objects: readonly LfsPointer[],
): Promise<Batch> => {
  const answers = new Map<string, LfsAnswer>()
  let address: string | null = null
  for (let at = 0; at < objects.length; at += AT_ONCE) {
    const batch = await askSome(asked, operation, objects.slice(at, at + AT_ONCE))
    for (const [oid, answer] of batch.answers) answers.set(oid, answer)
    address = batch.address
  }
  return { answers, address }
}
