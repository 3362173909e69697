import { utimes } from 'node:fs/promises'
import type { Plan } from '../plan/plan.ts'

const EACH_MS = 60_000

/** A worker that is up before all that its order needs waits on, however long a fetch takes. */
export const renewWait = ({ folders: { exchange } }: Pick<Plan, 'folders'>): Disposable => {
  const renew = () => {
    const now = new Date()
    // Not there yet, or gone with its task.
    utimes(exchange, now, now).catch(() => {})
  }
  const timer = setInterval(renew, EACH_MS).unref()
  return { [Symbol.dispose]: () => clearInterval(timer) }
}
