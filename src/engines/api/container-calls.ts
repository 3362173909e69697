import { statSync } from 'node:fs'
import type { ContainerSpec } from '../../domain/container-spec.ts'
import { BerthError } from '../../domain/errors.ts'
import type { ContainerInfo, Engine } from '../engine.ts'
import { SLOW_MS } from '../http/call.ts'
import { checkContainer } from './check-container.ts'
import { containerExit, containerInfo } from './container-info.ts'
import { createBody } from './create-body.ts'
import type { CallMore, EngineCalls } from './engine-calls.ts'
import { hasLabels, labelFilter } from './event-stream.ts'
import { imageError } from './image-error.ts'
import { seccompOption } from './seccomp-option.ts'
import type { WireContainer, WireStats } from './wire-types.ts'

type Calls = Pick<Engine, 'create' | 'start' | 'wait' | 'kill' | 'inspect' | 'check' | 'remove' | 'list' | 'stats'>

const pathOf = (id: string, rest = '') => `/containers/${encodeURIComponent(id)}${rest}`

const look = async ({ connection, quick }: EngineCalls, id: string, signal: AbortSignal | undefined) => {
  const call = quick('GET', pathOf(id, '/json'), `look at container ${id}`, { signal })
  const answer = await connection.send(call)
  if (answer.status === 404) return undefined
  if (answer.status !== 200) throw connection.error(call, answer)
  return JSON.parse(answer.body.toString('utf8')) as WireContainer
}

const adopt = async (calls: EngineCalls, spec: ContainerSpec, signal: AbortSignal | undefined): Promise<string> => {
  const { label } = calls.connection
  const wire = await look(calls, spec.name, signal)
  if (wire !== undefined && hasLabels(wire.Config?.Labels ?? {}, spec.labels)) return wire.Id
  throw new BerthError('engine-error', `${label}: another container has the name ${spec.name}, without its labels`, {
    hint: `Look at it with \`${calls.dialect.kind} inspect ${spec.name}\`, then rename or remove it.`,
  })
}

/** Not to be seen is not missing. */
const mayBeThere = (path: string): boolean => {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined
  } catch {
    return true
  }
}

/** Asked of this machine: an engine in another one has its own folders, and tells by itself or at the start. */
const refuseMissing = (calls: EngineCalls, spec: ContainerSpec) => {
  if (!calls.dialect.makesMissingFolders || !calls.connection.url.startsWith('unix:') || process.platform !== 'linux')
    return
  const missing = spec.mounts.find(({ source, over }) => !mayBeThere(source) || (over && !mayBeThere(over.shared)))
  if (missing === undefined) return
  throw new BerthError(
    'engine-error',
    `${calls.connection.label}: mount ${missing.target}: there is no ${missing.source}`,
  )
}

const create = async (calls: EngineCalls, spec: ContainerSpec, signal: AbortSignal | undefined): Promise<string> => {
  const { connection, dialect, quick } = calls
  refuseMissing(calls, spec)
  const info = await calls.info(signal)
  const { usernsMode, layer, mountForm, tmpfs } = dialect
  const seccomp = await seccompOption(spec, info, dialect.seccomp)
  const body = createBody(spec, info, { usernsMode, layer, mountForm, tmpfs, seccomp })
  const call = quick('POST', '/containers/create', `create container ${spec.name}`, {
    query: { name: spec.name },
    ...(dialect.ownCreate?.(spec, info, seccomp) ?? { body }),
    limitMs: SLOW_MS,
    signal,
  })
  const answer = await connection.send(call)
  if (answer.status === 201) return (JSON.parse(answer.body.toString('utf8')) as { Id: string }).Id
  if (dialect.nameTaken(answer)) return await adopt(calls, spec, signal)
  throw (
    imageError({ kind: dialect.kind, label: connection.label, reference: spec.image }, answer.words) ??
    connection.error(call, answer)
  )
}

const stats = async ({ connection, quick, info }: EngineCalls, id: string, signal: AbortSignal | undefined) => {
  // Without a cgroup of its own an engine gives figures of the whole machine.
  if (!(await info(signal)).limits.memory) return null
  const query = { stream: 'false', 'one-shot': 'true' }
  const answer = await connection.send(quick('GET', pathOf(id, '/stats'), `measure container ${id}`, { query, signal }))
  if (answer.status !== 200) return null
  const wire = JSON.parse(answer.body.toString('utf8')) as WireStats
  const memoryBytes = wire.memory_stats?.usage
  const cpuNanos = wire.cpu_stats?.cpu_usage?.total_usage
  if (memoryBytes === undefined || cpuNanos === undefined || (memoryBytes === 0 && cpuNanos === 0)) return null
  return { memoryBytes, cpuNanos, pids: wire.pids_stats?.current ?? null }
}

/** Calls about containers that have one answer each. */
export const containerCalls = (calls: EngineCalls): Calls => {
  const { connection, dialect, quick } = calls
  const act = async (path: string, doing: string, good: readonly number[], more: CallMore) => {
    const call = quick('POST', path, doing, more)
    const answer = await connection.send(call)
    if (!good.includes(answer.status)) throw connection.error(call, answer)
    return answer
  }
  return {
    create: (spec, signal) => create(calls, spec, signal),
    async start(id, signal) {
      await act(pathOf(id, '/start'), `start container ${id}`, [204, 304], { limitMs: SLOW_MS, signal })
    },
    async wait(id, signal) {
      const answer = await act(pathOf(id, '/wait'), `wait for container ${id}`, [200], { limitMs: null, signal })
      const told = JSON.parse(answer.body.toString('utf8')) as { StatusCode: number }
      const state = (await look(calls, id, signal))?.State
      return { ...containerExit(state ?? {}), code: told.StatusCode }
    },
    async kill(id, killSignal, signal) {
      const query = { signal: killSignal }
      const call = quick('POST', pathOf(id, '/kill'), `send ${killSignal} to container ${id}`, { query, signal })
      const answer = await connection.send(call)
      if (answer.status === 404 || dialect.notRunning(answer)) return false
      if (answer.status >= 300) throw connection.error(call, answer)
      return true
    },
    async inspect(id, signal) {
      const wire = await look(calls, id, signal)
      return wire === undefined ? undefined : containerInfo(wire)
    },
    async check(id, spec, signal) {
      const more = spec.runtime === undefined ? undefined : dialect.inspectMore?.(connection, id, signal)
      const [info, found, own] = await Promise.all([calls.info(signal), look(calls, id, signal), more])
      if (found === undefined) throw new BerthError('engine-error', `${connection.label}: container ${id} is gone`)
      const wire = { ...found, HostConfig: { ...found.HostConfig, ...own } }
      const seccomp = await seccompOption(spec, info, dialect.seccomp)
      return await checkContainer({ label: connection.label, spec, info, wire, seccomp })
    },
    async remove(id, signal) {
      const query = { force: 'true', v: 'true' }
      const call = quick('DELETE', pathOf(id), `remove container ${id}`, { query, limitMs: SLOW_MS, signal })
      const answer = await connection.send(call)
      const going = answer.status === 409 && /already in progress/.test(answer.words)
      if (answer.status >= 300 && answer.status !== 404 && !going) throw connection.error(call, answer)
    },
    async list(labels, signal) {
      const query = { all: 'true', filters: JSON.stringify({ label: labelFilter(labels) }) }
      const call = quick('GET', '/containers/json', 'list containers', { query, signal })
      const found = await connection.json<readonly { Id: string; Labels?: Record<string, string> | null }[]>(call)
      const ours = found.filter((one) => hasLabels(one.Labels ?? {}, labels))
      const all = await Promise.all(ours.map(({ Id }) => look(calls, Id, signal)))
      return all.filter((wire) => wire !== undefined).map((wire): ContainerInfo => containerInfo(wire))
    },
    stats: (id, signal) => stats(calls, id, signal),
  }
}
