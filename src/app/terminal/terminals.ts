import type { Plan } from '../../plan/plan.ts'
import type { LiveTask } from '../task/live-task.ts'
import { type LiveTerminal, liveTerminal, type TerminalDeps } from './live-terminal.ts'

/** The terminals of the turns that run, by their tasks. */
export const terminals = () => {
  const open = new Map<string, LiveTerminal>()
  const waiting = new Set<() => void>()
  const wake = () => {
    for (const resolve of waiting) resolve()
    waiting.clear()
  }
  return {
    /** Opens the terminal of a turn; undefined if its agent runs on none. */
    open(deps: TerminalDeps, live: LiveTask, plan: Plan): LiveTerminal | undefined {
      const size = plan.order.run?.terminal
      if (size === undefined) return undefined
      const { columns, rows } = size
      const terminal = liveTerminal({ deps, live, plan, size: { columns, rows } })
      open.set(live.id, terminal)
      wake()
      const dispose = () => {
        if (open.get(live.id) === terminal) open.delete(live.id)
        terminal[Symbol.dispose]()
      }
      return { ...terminal, [Symbol.dispose]: dispose }
    },
    get: (task: string): LiveTerminal | undefined => open.get(task),
    /** Resolves when a terminal is opened, of whichever task. */
    opened: (): Promise<void> => {
      const { promise, resolve } = Promise.withResolvers<void>()
      waiting.add(resolve)
      return promise
    },
  }
}

export type Terminals = ReturnType<typeof terminals>
