import type { ContainerReport } from '../domain/container-report.ts'
import type { Event } from '../domain/event.ts'
import { formatBytes } from '../std/bytes.ts'
import { formatDuration } from '../std/duration.ts'
import { terminalLine } from '../std/terminal-safe.ts'

type Row = readonly [name: string, text: string]
type Told = ContainerReport['events'][number]

const joined = (...parts: readonly (string | null | false)[]) =>
  parts.filter((part) => part !== null && part !== false && part !== '').join(', ')

const clock = (at: string) => at.slice(11, 23)

const exitWords = (code: number | null, oom: boolean) =>
  joined(code === null ? 'no exit code' : `exit code ${code}`, oom && 'out of memory')

const toldWords = ({ action, exitCode, signal }: Pick<Told, 'action' | 'exitCode' | 'signal'>) =>
  joined(
    terminalLine(action),
    signal !== null && `signal ${terminalLine(signal)}`,
    exitCode !== null && `exit code ${exitCode}`,
  )

const live = ({ stats, now }: ContainerReport): string => {
  if (stats === null) return now?.state === 'running' ? 'its engine measures nothing' : ''
  const { memoryBytes, cpuNanos, cpuPercent, pids } = stats
  const spent = `${formatDuration(Math.max(1, Math.round(cpuNanos / 1e6)), 2)} of CPU`
  return joined(
    cpuPercent !== null && `CPU ${cpuPercent}%`,
    spent,
    `memory ${formatBytes(memoryBytes)}`,
    pids !== null && `${pids} ${pids === 1 ? 'process' : 'processes'}`,
  )
}

/** What `status --verbose` says of a task's container, as rows. */
export const containerRows = (report: ContainerReport): readonly Row[] => {
  const { name, now, ended, unreachable, events } = report
  const state = now === null ? 'not there any more' : joined(now.state, now.pid !== null && `pid ${now.pid}`)
  return [
    ['container', name === null ? '' : joined(terminalLine(name), unreachable === null && state)],
    ['', unreachable === null ? '' : `cannot be asked: ${terminalLine(unreachable)}`],
    ['live', live(report)],
    ['ended', ended === null ? '' : joined(exitWords(ended.exitCode, ended.oom), terminalLine(ended.error ?? ''))],
    ...events.map(
      (event, i): Row => [i === 0 ? 'events' : '', `${clock(event.at)} turn ${event.turn}: ${toldWords(event)}`],
    ),
  ]
}

/** What `log --container` shows. */
export const CONTAINER_EVENTS: readonly Event['type'][] = [
  'engine.event',
  'container.created',
  'container.started',
  'container.exited',
  'container.removed',
  'engine.lost',
  'engine.back',
]

/** A line of `log --container`; null for what is not about the container. */
export const containerLine = (event: Event): string | null => {
  switch (event.type) {
    case 'engine.event': {
      const { exitCode = null, signal = null, action } = event
      return `${event.told} engine: ${toldWords({ action, exitCode, signal })} (${terminalLine(event.container)})`
    }
    case 'container.created':
      return `${event.at} created ${terminalLine(event.name)} of ${terminalLine(event.image)}, ${event.id.slice(0, 12)}`
    case 'container.started':
      return `${event.at} started${event.pid === null ? '' : `, pid ${event.pid}`}`
    case 'container.exited':
      return `${event.at} ended: ${joined(exitWords(event.exitCode, event.oom), terminalLine(event.error ?? ''))}`
    case 'container.removed':
      return `${event.at} removed`
    case 'engine.lost':
      return `${event.at} the engine does not answer: ${terminalLine(event.reason)}`
    case 'engine.back':
      return `${event.at} the engine answers again`
    default:
      return null
  }
}
