import { join } from 'node:path'
import type { EventBody } from '../src/domain/event.ts'
import { reduce } from '../src/domain/reduce.ts'
import type { TaskRecord } from '../src/domain/task.ts'
import { newId } from '../src/std/id.ts'
import { openJournal } from '../src/store/journal.ts'
import type { Store } from '../src/store/store.ts'

type Created = Extract<EventBody, { type: 'task.created' }>['task']

/** A task in a state folder that no supervisor serves: its journal to be written, and at last its row. */
export const openTask = (state: string, clock?: () => Date) => {
  const id = newId('t')
  const journal = openJournal(join(state, 'tasks', id, 'events.jsonl'), clock)
  let record: TaskRecord | undefined
  return {
    id,
    journal,
    append: (...bodies: readonly EventBody[]) => {
      for (const event of journal.append(bodies)) record = reduce(record, event)
    },
    /** The event that each begins with. */
    created: (own: Pick<Created, 'engine' | 'image'> & Partial<Created>, title: string): EventBody => ({
      type: 'task.created',
      task: {
        id,
        name: null,
        request: { title, policy: 'sandboxed', providerArgs: [] } as never,
        provider: { id: 'noop', version: null },
        workspace: null,
        labels: {},
        source: { kind: 'none', url: null, ref: null, base: null, branch: null, pushBranch: null },
        ...own,
      },
    }),
    close: (store: Store) => {
      if (record !== undefined) store.put(record, journal.offset)
      journal.close()
    },
  }
}
