import { existsSync, readFileSync, statSync, watch } from 'node:fs'
import { join } from 'node:path'
import { PROTOCOL, type WorkOrder } from '../domain/worker-protocol.ts'
import { errorMessage } from '../std/error-message.ts'

const LOOK_MS = 1000
const LOOK_BLIND_MS = 100
/** Where the folder tells what happens in it. Each look wakes a process whose code has left the processor's caches. */
const LOOK_TOLD_MS = 60_000

/** Whether the exchange folder has told this process of a change: not each kind of mount tells what the host does. */
export type Telling = { tells: boolean }

type Wanted = {
  readonly folder: string
  readonly file: string
  readonly limitMs: number
  readonly stop: AbortSignal
  /** The host renews the time by the folder's own: it brings what the order needs, which may take long. */
  readonly renewed?: boolean
  readonly telling: Telling
}

/** What is left of the time to wait. */
const leftOf = ({ folder, limitMs, renewed = false }: Wanted): number => {
  const at = renewed ? statSync(folder, { throwIfNoEntry: false })?.mtimeMs : undefined
  return at === undefined ? 0 : Math.min(limitMs, limitMs - (Date.now() - at))
}

const appears = (wanted: Wanted): Promise<boolean> => {
  const { folder, file, limitMs, stop, telling } = wanted
  const path = join(folder, file)
  return new Promise((resolve) => {
    const done = (result: boolean) => {
      clearTimeout(limit)
      clearInterval(look)
      watcher?.close()
      stop.removeEventListener('abort', onStop)
      resolve(result)
    }
    const onStop = () => done(false)
    const check = () => {
      if (existsSync(path)) done(true)
    }
    const end = () => {
      const left = leftOf(wanted)
      if (left > 0) limit = setTimeout(end, left)
      else done(false)
    }
    let limit = setTimeout(end, limitMs)
    const lookEach = (ms: number) => {
      clearInterval(look)
      look = setInterval(() => {
        // Nobody has told of what is there now.
        if (existsSync(path)) telling.tells = false
        check()
      }, ms)
    }
    const onTold = () => {
      if (!telling.tells) {
        telling.tells = true
        lookEach(LOOK_TOLD_MS)
      }
      check()
    }
    // Where the kernel has no watch left, or the folder is of a kind that tells nothing, looking has to do.
    let watcher: ReturnType<typeof watch> | undefined
    let look: NodeJS.Timeout | undefined
    try {
      watcher = watch(folder, onTold).on('error', () => lookEach(LOOK_BLIND_MS))
      lookEach(telling.tells ? LOOK_TOLD_MS : LOOK_MS)
    } catch {
      lookEach(LOOK_BLIND_MS)
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
  if (!isRecord(value)) throw new Error('it is not a JSON object')
  if (value['protocol'] !== PROTOCOL)
    throw new Error(`its protocol is ${JSON.stringify(value['protocol'])}, this worker speaks ${PROTOCOL}`)
  for (const key of ['paths', 'identity', 'workspace', 'limits'])
    if (!isRecord(value[key])) throw new Error(`it has no ${key}`)
  const run = value['run']
  if (run !== null && (!isRecord(run) || !Array.isArray(run['argv']) || typeof run['argv'][0] !== 'string'))
    throw new Error('its run has no argv')
  return value as WorkOrder
}

/** Waits for an order, which appears whole by a rename. Undefined: stopped, or the time was over, before it came. */
export const takeOrder = async (wanted: Wanted): Promise<WorkOrder | undefined> => {
  const { folder, file, stop } = wanted
  if (!existsSync(folder)) throw new Error(`looked for the exchange folder ${JSON.stringify(folder)}: it is not there`)
  const path = join(folder, file)
  if (stop.aborted || !(existsSync(path) || (await appears(wanted)))) return undefined
  try {
    return parseOrder(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new Error(`read ${path}: ${errorMessage(error)}`)
  }
}
