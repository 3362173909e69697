import { utimes } from 'node:fs/promises'
import type { Plan } from '../plan/plan.ts'

const EACH_MS = 60_000

/** Tells the worker that waits there. */
export const touchExchange = ({ folders: { exchange } }: Pick<Plan, 'folders'>): void => {
  const now = new Date()
  // Not there yet, or gone with its task.
  utimes(exchange, now, now).catch(() => {})
}

/** A worker that is up before all that its order needs waits on, however long a fetch takes. */
export const renewWait = (plan: Pick<Plan, 'folders'>): Disposable => {
  const timer = setInterval(() => touchExchange(plan), EACH_MS).unref()
  return { [Symbol.dispose]: () => clearInterval(timer) }
}
