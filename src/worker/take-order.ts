import { existsSync, readFileSync, watch } from 'node:fs'
import { join } from 'node:path'
import { ORDER_FILE, PROTOCOL, type WorkOrder } from '../domain/worker-protocol.ts'

const LIMIT_MS = 600_000
const LOOK_MS = 1000
const LOOK_BLIND_MS = 100

const appears = (folder: string, stop: AbortSignal): Promise<boolean> => {
  const path = join(folder, ORDER_FILE)
  return new Promise((resolve, reject) => {
    const done = (result: boolean | Error) => {
      clearTimeout(limit)
      clearInterval(look)
      watcher?.close()
      stop.removeEventListener('abort', onStop)
      if (result instanceof Error) reject(result)
      else resolve(result)
    }
    const onStop = () => done(false)
    const check = () => {
      if (existsSync(path)) done(true)
    }
    const limit = setTimeout(
      () => done(new Error(`waited ${LIMIT_MS / 60_000} minutes for ${path}: no order came`)),
      LIMIT_MS,
    )
    // Where the kernel has no watch left, or the folder is of a kind that tells nothing, looking has to do.
    let watcher: ReturnType<typeof watch> | undefined
    let look: NodeJS.Timeout | undefined
    try {
      watcher = watch(folder, check).on('error', () => {})
      look = setInterval(check, LOOK_MS)
    } catch {
      look = setInterval(check, LOOK_BLIND_MS)
    }
    stop.addEventListener('abort', onStop)
    if (stop.aborted) done(false)
    else check()
  })
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

/** The host writes orders from a type of ours, so only what would lead astray in silence is looked at. */
const parseOrder = (text: string): WorkOrder => {
  const value: unknown = JSON.parse(text)
  if (!isRecord(value)) throw new Error('it is no JSON object')
  if (value['protocol'] !== PROTOCOL)
    throw new Error(`its protocol is ${JSON.stringify(value['protocol'])}, this worker speaks ${PROTOCOL}`)
  for (const key of ['paths', 'identity', 'workspace', 'limits'])
    if (!isRecord(value[key])) throw new Error(`it has no ${key}`)
  const run = value['run']
  if (run !== null && (!isRecord(run) || !Array.isArray(run['argv']) || typeof run['argv'][0] !== 'string'))
    throw new Error('its run has no argv')
  return value as WorkOrder
}

/** Waits for the order, which appears whole by a rename. Undefined: stopped before it came. */
export const takeOrder = async (folder: string, stop: AbortSignal): Promise<WorkOrder | undefined> => {
  if (!existsSync(folder)) throw new Error(`looked for the exchange folder ${JSON.stringify(folder)}: it is not there`)
  const path = join(folder, ORDER_FILE)
  if (stop.aborted || !(existsSync(path) || (await appears(folder, stop)))) return undefined
  try {
    return parseOrder(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new Error(`read ${path}: ${error instanceof Error ? error.message : String(error)}`)
  }
}
