import { existsSync } from 'node:fs'
import type { Deps } from '../app/deps.ts'
import type { Tasks } from '../app/schedule/tasks.ts'
import { removeTree } from '../std/remove-tree.ts'
import { removeRuntime } from './remove-runtime.ts'

/** Why a supervisor without work ends: the gateway ends with it, and its folder goes. */
export const IDLE = 'idle'

type Input = {
  readonly deps: Pick<Deps, 'egress' | 'store'>
  readonly tasks: Pick<Tasks, 'shutDown' | 'abandon'>
  readonly state: string
  readonly runtime: string
  readonly log: Deps['log']
  readonly lock: Disposable
  /** Hears no further request. */
  readonly close: () => void
}

/** Leaves the agents to the next supervisor, and gives back what is held. */
const release = async ({ deps, tasks, state, runtime }: Input, why: string): Promise<void> => {
  await tasks.shutDown()
  if (!existsSync(state)) await tasks.abandon()
  if (why === IDLE) await deps.egress.retire()
  if (existsSync(state)) await deps.store[Symbol.asyncDispose]()
  // The gateway, which ends too, may be at work in it.
  if (!existsSync(state)) await removeTree(runtime)
  else if (why === IDLE) await removeRuntime(runtime)
}

/** Ends the process; a second call does nothing. */
export const shutdown = (input: Input): ((why: string) => Promise<void>) => {
  const { log, lock, close } = input
  let ending = false
  return async (why) => {
    if (ending) return
    ending = true
    log({ level: 'info', msg: 'end', why })
    close()
    try {
      await release(input, why)
    } catch (error) {
      log({ level: 'error', msg: 'end', error: String(error) })
    }
    lock[Symbol.dispose]()
    process.exit(0)
  }
}
