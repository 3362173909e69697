import type { ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Judgement } from '../../domain/network/judge.ts'
import { endSoon } from '../../std/end-soon.ts'
import { DialError } from '../dial-error.ts'
import type { Paces } from '../paces.ts'
import { refusalBody } from '../refusal.ts'
import { waited } from '../waited.ts'
import { authorityOf, type Target } from './target.ts'

export type Denied = Extract<Judgement, { verdict: 'denied' }>

/** What a client is told whose request or connection is not passed on. Its connection ends with it. */
export type Answer = { readonly status: number; readonly phrase: string; readonly body: string }

const shellWord = (target: string): string => (/^[\w.:*-]+$/.test(target) ? target : `'${target}'`)

/** A denial: why, and what the user of the task may do about it. Many clients show its status line alone. */
export const deniedAnswer = (task: string, { reason, allow }: Denied): Answer => {
  const command = allow === null ? null : `berth allow ${task} ${shellWord(allow)}`
  const advice =
    command === null
      ? 'Nothing can allow it.'
      : `Another try will not help. The user who runs this task can allow it with: ${command}`
  const error = { message: `Berth: ${reason}. ${advice}`, type: 'berth_gateway', code: 'egress_denied', allow: command }
  const phrase = command === null ? 'Denied by Berth' : `Denied by Berth: ${command}`
  return {
    status: 403,
    phrase: phrase.replace(/[^\x20-\x7e]/g, '?'),
    body: `${JSON.stringify({ error })}\n`,
  }
}

export const badRequest = (message: string): Answer => ({
  status: 400,
  phrase: 'Bad Request',
  body: refusalBody(message),
})

/** Whether the target's address may not be reached: a denial, though its name is allowed. */
export const isForbidden = (error: Error | undefined): error is DialError =>
  error instanceof DialError && (error.kind === 'address' || error.kind === 'private')

/** The rule that would let a target's address be reached. */
export const allowOf = (error: Error | undefined, target: Target): string | null =>
  error instanceof DialError && error.kind === 'private' ? `${authorityOf(target, null)} private` : null

/** For a target that gave no connection. */
export const unreachedAnswer = (task: string, target: Target, error: Error): Answer => {
  if (isForbidden(error))
    return deniedAnswer(task, { verdict: 'denied', reason: error.message, allow: allowOf(error, target) })
  const message = `${authorityOf(target, null)} could not be reached: ${error.message}`
  return { status: 502, phrase: 'Bad Gateway', body: refusalBody(message) }
}

/** Answers by a response of node:http, at once. */
export const answer = (response: ServerResponse, { status, phrase, body }: Answer): void => {
  if (response.headersSent) {
    response.destroy()
    return
  }
  response.shouldKeepAlive = false
  response
    .writeHead(status, phrase, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
    .end(body)
}

/** Answers when the pace of refusals allows. */
export const answerInPace = async (response: ServerResponse, paces: Paces, words: Answer): Promise<void> => {
  if (await waited(response, paces.refused())) answer(response, words)
}

/** The same for a socket that node:http has given up. */
export const endInPace = async (socket: Duplex, paces: Paces, { status, phrase, body }: Answer): Promise<void> => {
  const wait = paces.refused()
  if (wait === null) {
    socket.destroy()
    return
  }
  if (wait > 0) await sleep(wait)
  const head = `HTTP/1.1 ${status} ${phrase}\r\nconnection: close\r\ncontent-type: application/json\r\n`
  // Nobody reads it any more, so its end would not be seen.
  socket.write(`${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
  endSoon(socket)
}
