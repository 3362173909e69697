import { type Agent, type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Call } from './call.ts'
import { connectionError, type Label, timeoutError } from './engine-failure.ts'

export type Upgraded = { readonly socket: Duplex; readonly head: Buffer }
type Wire = { readonly agent: Agent; readonly host: string; readonly label: Label }
type Taken<T> = { readonly response: (message: IncomingMessage) => Promise<T>; readonly upgrade?: (to: Upgraded) => T }

const bodyOf = (
  call: Call,
): { readonly headers: Record<string, string | number>; readonly data: Buffer | undefined } => {
  if (call.body !== undefined) {
    const data = Buffer.from(JSON.stringify(call.body))
    return { headers: { 'Content-Type': 'application/json', 'Content-Length': data.length }, data }
  }
  if (call.tar === undefined) return { headers: call.method === 'POST' ? { 'Content-Length': 0 } : {}, data: undefined }
  if (!Buffer.isBuffer(call.tar)) return { headers: { 'Content-Type': 'application/x-tar' }, data: undefined }
  return { headers: { 'Content-Type': 'application/x-tar', 'Content-Length': call.tar.length }, data: call.tar }
}

const wentStale = (request: ClientRequest, error: unknown) =>
  request.reusedSocket && error instanceof Error && 'code' in error && ['ECONNRESET', 'EPIPE'].includes(`${error.code}`)

/** Sends one request and takes its answer within the call's limit; a kept connection that had gone away is replaced once. */
export const exchange = <T>(wire: Wire, call: Call, path: string, taken: Taken<T>, again = true): Promise<T> =>
  new Promise((resolve, reject) => {
    const { headers, data } = bodyOf(call)
    Object.assign(headers, call.headers)
    if (taken.upgrade !== undefined) Object.assign(headers, { Connection: 'Upgrade', Upgrade: 'tcp' })
    const request = httpRequest({ agent: wire.agent, host: wire.host, method: call.method, path, headers })
    let over = false
    const settle = (how: () => void) => {
      if (over) return
      over = true
      clearTimeout(timer)
      call.signal?.removeEventListener('abort', onAbort)
      how()
    }
    const fail = (error: unknown) =>
      settle(() => {
        request.destroy()
        reject(error)
      })
    const onAbort = () => fail(call.signal?.reason)
    const timer =
      call.limitMs === null ? undefined : setTimeout(() => fail(timeoutError(wire.label, call)), call.limitMs)
    const onError = (error: unknown) => {
      if (again && wentStale(request, error) && (call.tar === undefined || Buffer.isBuffer(call.tar))) {
        settle(() => resolve(exchange(wire, call, path, taken, false)))
      } else fail(connectionError(wire.label, call, error))
    }
    request.on('error', onError)
    request.once('response', (message) =>
      taken.response(message).then((value) => settle(() => resolve(value)), onError),
    )
    request.once('upgrade', (_message, socket, head) => {
      if (taken.upgrade === undefined || over) socket.destroy()
      else settle(() => resolve(taken.upgrade?.({ socket, head }) as T))
    })
    call.signal?.addEventListener('abort', onAbort, { once: true })
    if (call.signal?.aborted) onAbort()
    else if (call.tar === undefined || Buffer.isBuffer(call.tar)) request.end(data)
    else pipeline(call.tar, request).catch(onError)
  })
