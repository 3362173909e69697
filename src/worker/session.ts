import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { FORK_SESSION_FILE, SESSION_BYTES, SESSION_FILE, type WorkOrder } from '../domain/worker-protocol.ts'
import { formatBytes } from '../std/bytes.ts'
import { errorMessage } from '../std/error-message.ts'
import { packTar } from './pack-tar.ts'
import { printSession } from './print-session.ts'
import { unpackTar } from './unpack-tar.ts'

const remove = (path: string) => rmSync(path, { recursive: true, force: true })

const packSession = async (order: WorkOrder): Promise<string | undefined> => {
  const paths = order.session?.paths ?? []
  if (!paths.some((path) => existsSync(join(order.paths.home, path)))) return undefined
  const target = join(order.paths.exchange, SESSION_FILE)
  const fresh = `${target}.new`
  try {
    remove(fresh)
    remove(target)
    const packed = await packTar(order.paths.home, paths, { to: fresh, maxBytes: SESSION_BYTES })
    if (packed === 'too-large')
      return `the agent's session is over ${formatBytes(SESSION_BYTES)}, so Berth does not keep it: a fork from this turn cannot continue it`
    if (packed !== null) renameSync(fresh, target)
    return undefined
  } catch (error) {
    remove(fresh)
    const why = errorMessage(error)
    return `Berth could not keep the agent's session, so a fork from this turn cannot continue it: ${why}`
  }
}

/**
 * Packs the agent's session for the host; `began`: when the agent did, in ms. What cannot be packed is left out, and told
 * in words: the turn does not fail for it.
 */
export const keepSession = async (order: WorkOrder, began: number): Promise<string | undefined> => {
  const printed = await printSession(order, began)
  const packed = await packSession(order)
  return [printed, packed].filter((problem) => problem !== undefined).join('; ') || undefined
}

/** Puts another task's session into a home that has none yet: whole, or what of it is still missing. */
export const restoreSession = async (order: WorkOrder, signal: AbortSignal): Promise<void> => {
  const { session, paths } = order
  if (session?.restore !== true) return
  const { home } = paths
  const missing = session.paths.filter((path) => !existsSync(join(home, path)))
  if (missing.length === 0) return
  const aside = join(home, '.berth-session')
  remove(aside)
  mkdirSync(aside)
  await unpackTar(join(paths.exchange, FORK_SESSION_FILE), aside, signal, { links: false })
  for (const path of missing) {
    if (!existsSync(join(aside, path))) continue
    mkdirSync(dirname(join(home, path)), { recursive: true })
    renameSync(join(aside, path), join(home, path))
  }
  remove(aside)
}
