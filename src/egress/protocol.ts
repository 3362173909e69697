import { join } from 'node:path'
import type { WantedKey } from './egress.ts'

/** What the supervisor and the gateway say to each other: HTTP and JSON over a socket that only the owner may use. */
export const CONTROL_PROTOCOL = 2

export const controlSocket = (runtimeDir: string): string => join(runtimeDir, 'gateway.sock')
export const lockFile = (runtimeDir: string): string => join(runtimeDir, 'gateway.lock')
export const logFolder = (stateDir: string): string => join(stateDir, 'gateway')

const LOG_NAME = /^gateway-([^.]+)(?:\.([^.]+))?\.jsonl$/
export const logName = (instance: string, task: string): string => `gateway-${instance}.${task}.jsonl`

type LogName = {
  readonly instance: string
  /** Null: the file is an older gateway's, and has the lines of all tasks. */
  readonly task: string | null
}
/** Undefined where the file is no log of a gateway. */
export const parseLogName = (fileName: string): LogName | undefined => {
  const [, instance, task = null] = LOG_NAME.exec(fileName) ?? []
  return instance === undefined ? undefined : { instance, task }
}

/** First line of GET /watch, which stays open as long as the gateway lives; and the answer of GET /status. */
export type GatewayStatus = {
  readonly protocol: number
  readonly pid: number
  readonly build: string
  readonly instance: string
  readonly tasks: number
}

/** A line of GET /watch. */
export type WatchLine = GatewayStatus | { readonly wants: WantedKey }

/** What a new gateway says on its descriptor 3, once. */
export type Announcement = 'ready' | 'busy'
