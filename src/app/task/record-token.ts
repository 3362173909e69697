import type { OnToken } from '../../git/git.ts'
import type { LiveTask } from './live-task.ts'

/** What each task's journal has of tokens, by their values: in memory alone. */
const recorded = new WeakMap<LiveTask, Set<string>>()

/** Masks a forge's token in all that the task says, and journals that it is there, once for each. */
export const recordToken =
  (live: LiveTask, turn: number): OnToken =>
  ({ value, repository, permissions, expiresAt }) => {
    const known = recorded.get(live) ?? new Set()
    recorded.set(live, known)
    if (known.has(value)) return
    known.add(value)
    live.hide([value])
    live.append({ type: 'forge.token', turn, repository, permissions: { ...permissions }, expiresAt })
  }
