import { type Client, client } from '../../client/client.ts'
import { type ForwardedPort, forwardPort } from '../../client/forward-port.ts'
import { BerthError, EXIT } from '../../domain/errors.ts'
import { refuseForward } from '../../domain/forwardable.ts'
import type { TaskRecord } from '../../domain/task.ts'
import { terminalLine } from '../../std/terminal-safe.ts'
import type { Context } from '../context.ts'

type Ports = { readonly port: number; readonly hostPort: number }

const LAST_PORT = 65_535

/** PORT or PORT:HOSTPORT. */
export const parsePorts = (text: string): Ports => {
  const [, inside = '', outside = inside] = /^(\d{1,5})(?::(\d{1,5}))?$/.exec(text) ?? []
  const [port, hostPort] = [Number(inside), Number(outside)]
  if (port < 1 || port > LAST_PORT || hostPort > LAST_PORT)
    throw new BerthError('usage', `forward: ${text} names no port`, {
      hint: 'Write PORT or PORT:HOSTPORT, like 3000 or 3000:8080. Ports are numbers from 1 to 65535.',
    })
  return { port, hostPort }
}

/** Says why connections are reset: a reason once, until a connection has succeeded. */
const complaints = ({ stderr }: Context) => {
  let last = ''
  return {
    failed: (error: Error) => {
      if (error.message === last) return
      last = error.message
      const hint = error instanceof BerthError && error.hint !== '' ? `\n  ${error.hint}` : ''
      stderr.write(`berth: ${terminalLine(error.message)}${hint}\n`)
    },
    connected: () => {
      last = ''
    },
  }
}

/** Listens on all of the ports, or on none. */
const forwardAll = async (context: Context, api: Client, id: string, ports: readonly Ports[]) => {
  const open: ForwardedPort[] = []
  const close = () => {
    for (const one of open) one.close()
  }
  try {
    for (const asked of ports) open.push(await forwardPort({ api, id, ...asked, ...complaints(context) }))
  } catch (error) {
    close()
    throw error
  }
  return { open, close }
}

/** Waits until the task is over, or the signal. Whoever ends the supervisor meanwhile has it started again. */
const untilOver = async (api: Client, { id, seq }: TaskRecord, signal: AbortSignal): Promise<void> => {
  try {
    for await (const _ of api.eventLines(id, { after: seq, follow: true, types: ['turn.ended'] }, signal));
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

/** Forwards ports of this machine to ports in a task's sandbox until it is interrupted, or the task is over. */
export const forwardAction = async (
  context: Context,
  name: string,
  words: readonly string[],
  { json = false }: { readonly json?: boolean },
): Promise<number> => {
  const ports = words.map(parsePorts)
  const api = client(context)
  const record = await api.ask('task', { id: name })
  const { id } = record
  refuseForward(record)
  const interrupted = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => interrupted.abort())
  const { open, close } = await forwardAll(context, api, id, ports)
  for (const [at, { address, hostPort }] of open.entries()) {
    const url = `http://${address}:${hostPort}`
    const line = { id, port: ports[at]?.port, address, hostPort, url }
    context.stdout.write(`${json ? JSON.stringify(line) : url}\n`)
  }
  try {
    await untilOver(api, record, interrupted.signal)
  } finally {
    close()
  }
  if (interrupted.signal.aborted) return EXIT.done
  const { state } = await api.ask('task', { id })
  context.stderr.write(`berth: ${id} is ${state}: its ports are no longer forwarded\n`)
  return EXIT.stopped
}
