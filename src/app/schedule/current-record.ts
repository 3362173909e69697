import type { FindTask } from '../task/tasks-before.ts'
import type { Scheduler } from './scheduler.ts'

/** Finds tasks as they are now: the store is a little behind those that are under way. */
export const currentRecord =
  ({ deps, registry }: Pick<Scheduler, 'registry'> & { readonly deps: Pick<Scheduler['deps'], 'store'> }): FindTask =>
  (id) => {
    const known = deps.store.submitted(id)
    return known === undefined ? undefined : (registry.get(known.id)?.live.record ?? known)
  }
