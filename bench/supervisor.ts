import { existsSync, readFileSync } from 'node:fs'
import { type IncomingMessage, request } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { StatusAnswer } from '../src/api/answers.ts'
import type { Event } from '../src/domain/event.ts'
import { runtimeDir } from '../src/std/runtime-dir.ts'
import { processesOf } from '../test/fixtures/whole/processes-of.ts'
import type { benchHome } from './sandbox.ts'

type Home = ReturnType<typeof benchHome>

/** The folder of a home's sockets. */
export const runtimeOf = ({ env }: Home): string =>
  runtimeDir({ ...process.env, ...env }, process.getuid?.() ?? 0, env.BERTH_HOME)

const socketOf = (home: Home) => join(runtimeOf(home), 'supervisor.sock')

async function* eventsOf(answer: IncomingMessage): AsyncGenerator<Event> {
  let rest = ''
  for await (const piece of answer.setEncoding('utf8')) {
    const lines = (rest + String(piece)).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (line.startsWith('data: ')) yield JSON.parse(line.slice(6)) as Event
  }
}

/** Follows a task over the API; `onEvent` may answer with a promise that holds up the reading. Resolves at its end. */
export const followTask = (
  home: Home,
  id: string,
  onEvent: (event: Event) => void | Promise<void>,
  after = 0,
  signal?: AbortSignal,
): Promise<void> =>
  new Promise((resolve, reject) => {
    const path = `/v1/tasks/${id}/events?follow=true&after=${after}`
    const own = signal === undefined ? {} : { signal }
    const headers = { 'x-berth-build': '*' }
    request({ socketPath: socketOf(home), path, agent: false, headers, ...own }, async (answer) => {
      try {
        for await (const event of eventsOf(answer)) await onEvent(event)
        resolve()
      } catch (error) {
        reject(error as Error)
      }
    })
      .once('error', reject)
      .end()
  })

const POOL_MS = 60_000
/** A sandbox waits for minutes; its worker is ready after a second. */
const WARM_MS = 1500

/** What a home's supervisor says of itself; asked without a command, which would cost more than what is measured. */
const statusOf = (home: Home): Promise<StatusAnswer> =>
  new Promise((resolve, reject) => {
    const headers = { 'x-berth-build': '*' }
    request({ socketPath: socketOf(home), path: '/v1/status', agent: false, headers }, async (answer) => {
      const parts: Buffer[] = []
      for await (const part of answer) parts.push(part as Buffer)
      resolve(JSON.parse(Buffer.concat(parts).toString()) as StatusAnswer)
    })
      .once('error', reject)
      .end()
  })

/** Waits until every sandbox that shall wait for a task does, and one at least, and until their workers are ready. */
export const poolWarm = async (home: Home): Promise<void> => {
  for (const until = Date.now() + POOL_MS; Date.now() < until; await sleep(100)) {
    const { waiting, wanted } = (await statusOf(home)).pool
    if (wanted > 0 && waiting === wanted) return await sleep(WARM_MS)
  }
  throw new Error(`pre-started sandboxes were expected and did not come within ${POOL_MS / 1000} s`)
}

/** The process of a home's supervisor. */
export const supervisorOf = async (home: Home): Promise<number> => (await statusOf(home)).pid

/** Ends a home's supervisor and waits until it is gone; the next command starts another. */
export const stopSupervisor = async (home: Home): Promise<void> => {
  const pid = await supervisorOf(home)
  process.kill(pid, 'SIGTERM')
  while (existsSync(`/proc/${pid}`)) await sleep(20)
}

/** Ends supervisor and gateway of a home, as when nobody has used it for a while. */
export const stopAll = async (home: Home): Promise<void> => {
  await stopSupervisor(home).catch(() => {})
  const gateways = processesOf([runtimeOf(home)]).filter(({ role }) => role === 'gateway')
  for (const { pid } of gateways) process.kill(pid, 'SIGKILL')
  while (gateways.some(({ pid }) => existsSync(`/proc/${pid}`))) await sleep(20)
}

/** What a home's supervisor uses now: resident memory in bytes, processor time in ms. */
export const usageOf = async (home: Home): Promise<{ readonly rss: number; readonly cpuMs: number }> => {
  const pid = await supervisorOf(home)
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return {
    rss: Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) * 1024,
    cpuMs: (Number(fields[11]) + Number(fields[12])) * 10,
  }
}
