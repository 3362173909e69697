import type { Engine } from '../engine.ts'
import { QUICK_MS } from '../http/call.ts'
import { demultiplex } from '../http/demultiplex.ts'
import { completeLog } from './complete-log.ts'
import { containerInfo } from './container-info.ts'
import type { EngineCalls } from './engine-calls.ts'
import { eventStream, labelFilter } from './event-stream.ts'
import { execDetached, execSession } from './exec-session.ts'
import type { WireContainer } from './wire-types.ts'

type Streams = Pick<Engine, 'logs' | 'exec' | 'execDetached' | 'putArchive' | 'getArchive' | 'events'>

const pathOf = (id: string, rest: string) => `/containers/${encodeURIComponent(id)}${rest}`

/** Podman knows whole seconds only. */
const seconds = (since: string) => `${Math.floor(Date.parse(since) / 1000)}`

/** Calls whose answer is a stream. */
export const containerStreams = ({ connection, dialect }: EngineCalls): Streams => ({
  logs(id, { follow, since }, signal) {
    const read = (change: Readonly<Record<string, string>>, until: AbortSignal) => {
      const query = {
        stdout: 'true',
        stderr: 'true',
        ...(since === undefined ? {} : { since: seconds(since) }),
        ...change,
      }
      const doing = `read the log of container ${id}`
      const path = pathOf(id, '/logs')
      return demultiplex(connection.stream({ method: 'GET', path, query, signal: until, limitMs: null, doing }))
    }
    if (!follow || !dialect.followEndsEarly) return read({ follow: `${follow}` }, signal)
    const doing = `wait for container ${id}`
    const path = pathOf(id, '/wait')
    return completeLog({
      follow: (until) => read({ follow: 'true' }, until),
      ended: (until) => connection.json({ method: 'POST', path, signal: until, limitMs: null, doing }),
      running: async (until) => {
        const look = { method: 'GET', path: pathOf(id, '/json'), signal: until, limitMs: QUICK_MS, doing } as const
        const { state } = containerInfo(await connection.json<WireContainer>(look))
        return state === 'running' || state === 'paused'
      },
      read: () => read({}, signal),
      signal,
    })
  },
  exec: (id, options, signal) => execSession({ connection, id, options, signal }),
  execDetached: (id, options, signal) => execDetached({ connection, id, options, signal }),
  async putArchive(id, path, tar, signal) {
    const doing = `put files into ${path} of container ${id}`
    const query = { path, noOverwriteDirNonDir: 'true' }
    const limitMs = Buffer.isBuffer(tar) ? QUICK_MS * 6 : null
    const call = { method: 'PUT', path: pathOf(id, '/archive'), query, tar, signal, limitMs, doing } as const
    const answer = await connection.send(call)
    if (answer.status !== 200) throw connection.error(call, answer)
  },
  getArchive(id, path, signal) {
    const doing = `get ${path} of container ${id}`
    const limitMs = QUICK_MS
    return connection.stream({ method: 'GET', path: pathOf(id, '/archive'), query: { path }, signal, limitMs, doing })
  },
  events(labels, signal, { since, until } = {}) {
    const query = {
      filters: JSON.stringify({ type: ['container'], label: labelFilter(labels) }),
      ...(since === undefined ? {} : { since: seconds(since) }),
      ...(until === undefined ? {} : { until: `${Math.ceil(Date.parse(until) / 1000)}` }),
    }
    const doing = 'follow its events'
    const body = connection.stream({ method: 'GET', path: '/events', query, signal, limitMs: null, doing })
    return eventStream(body, labels, dialect)
  },
})
