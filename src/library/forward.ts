import type { Client } from '../client/client.ts'
import { forwardPort } from '../client/forward-port.ts'
import { BerthError } from '../domain/errors.ts'
import { refuseForward } from '../domain/forwardable.ts'
import { onAbort } from '../std/abort.ts'
import { errorMessage } from '../std/error-message.ts'
import type { ForwardOptions } from './options.ts'
import type { ForwardedPort } from './results.ts'

const asBerthError = (error: Error): BerthError =>
  error instanceof BerthError ? error : new BerthError('supervisor-unreachable', errorMessage(error), { cause: error })

/** Forwards a port until it is closed, or until a signal: that of the call or of the client. */
export const forward = async (
  input: {
    readonly api: Client
    readonly id: string
    readonly port: number
    readonly all: AbortSignal
  } & ForwardOptions,
): Promise<ForwardedPort> => {
  const { api, id, port, hostPort = 0, onError, all } = input
  refuseForward(await api.ask('task', { id }, all))
  const failed = (error: Error) => onError?.(asBerthError(error))
  const made = await forwardPort({ api, id, port, hostPort, failed, connected: () => {} })
  const ended = onAbort(all, made.close)
  const close = async () => {
    ended[Symbol.dispose]()
    made.close()
  }
  const { address } = made
  return {
    address,
    hostPort: made.hostPort,
    url: `http://${address}:${made.hostPort}`,
    close,
    [Symbol.asyncDispose]: close,
  }
}
