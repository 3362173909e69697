import { setTimeout as sleep } from 'node:timers/promises'
import { BerthError } from '../../domain/errors.ts'
import type { EventBody } from '../../domain/event.ts'
import { faultPoint } from '../../std/fault-point.ts'
import { keyedLock } from '../../std/keyed-lock.ts'
import { slots } from '../../std/slots.ts'
import { type SpawnResult, spawn } from '../../std/spawn.ts'
import { terminalLine } from '../../std/terminal-safe.ts'
import type { Deps } from '../deps.ts'
import type { Due } from '../task/hook-due.ts'

const AT_ONCE = 4
const OUTPUT_BYTES = 1024 * 1024
const WORDS_KEPT = 300
const LEAVE_MS = 2000

/** Why a run was no success; null where it was. */
const failureOf = ({ end, code, signal, error, stderr }: SpawnResult, limitMs: number): string | null => {
  if (end === 'exit' && code === 0) return null
  const words = terminalLine(stderr.trim().slice(-WORDS_KEPT).toWellFormed())
  const said = words === '' ? '' : `: ${words}`
  if (end === 'not-started') return `it could not be started: ${error}`
  if (end === 'limit') return `Berth killed it after ${limitMs} ms${said}`
  if (end === 'too-much-output') return `Berth killed it because it printed over ${OUTPUT_BYTES} bytes${said}`
  return `${code === null ? `ended by ${signal}` : `exit code ${code}`}${said}`
}

/**
 * Runs the hook for what is due: a few at once, those of one task in their order. Each is told at least once: the journal
 * has what is due before it runs, and that it ran after it; a supervisor that dies between the two leaves it to the next.
 * What goes wrong is a line in the log and a notice of the task.
 */
export const hookRunner = (input: {
  readonly deps: Pick<Deps, 'config' | 'installation' | 'log'>
  /** Writes to a task's journal; rejects where the task is gone. */
  readonly write: (task: string, ...events: readonly EventBody[]) => Promise<void>
  readonly onIdle: () => void
}) => {
  const { deps, write } = input
  const inOrder = keyedLock()
  const oneOf = slots(AT_ONCE)
  const shutdown = new AbortController()
  const under = new Set<Promise<void>>()

  const tell = async (due: Due): Promise<EventBody[]> => {
    const { task, state } = due
    const ran = (ms: number, reason: string | null): EventBody => ({
      type: 'hook.ran',
      due: due.seq,
      state,
      ms,
      reason,
    })
    const { hook } = deps.config.settings()
    if (hook === null) return [ran(0, 'there is no hook any more')]
    faultPoint('hook.before')
    const [program, ...args] = hook.argv
    const began = performance.now()
    const result = await spawn(program, args, {
      cwd: '/',
      env: { ...deps.installation.hookEnv, ...due.env },
      stdin: due.json,
      limitMs: hook.limitMs,
      maxBytes: OUTPUT_BYTES,
      signal: shutdown.signal,
    })
    if (result.end === 'aborted') return []
    faultPoint('hook.after')
    const told = failureOf(result, hook.limitMs)
    const reason = told === null ? null : due.redact(told)
    const event = ran(Math.round(performance.now() - began), reason)
    if (reason === null) return [event]
    deps.log({ level: 'error', msg: 'hook', task, state, program, error: reason })
    return [event, { type: 'notice', level: 'warning', text: `the hook for ${state} failed: ${reason}` }]
  }

  const run = async (due: Due, written: () => Promise<void>): Promise<void> => {
    try {
      await written()
      const events = shutdown.signal.aborted ? [] : await tell(due)
      if (events.length > 0) await write(due.task, ...events)
    } catch (error) {
      // The task was removed meanwhile: what was owed was told all the same.
      if (error instanceof BerthError && error.code === 'not-found') return
      deps.log({ level: 'error', msg: 'hook', task: due.task, state: due.state, error: String(error) })
    }
  }

  return {
    due(due: Due, written: () => Promise<void>): void {
      const work = inOrder(due.task, () => oneOf(() => run(due, written)))
      under.add(work)
      void work.finally(() => {
        under.delete(work)
        if (under.size === 0) input.onIdle()
      })
    },
    busy: () => under.size > 0,
    /** What runs may end by itself for a moment; what does not is killed, and run again by the next supervisor. */
    async shutDown(): Promise<void> {
      const over = Promise.allSettled(under)
      await Promise.race([over, sleep(LEAVE_MS, undefined, { ref: false })])
      shutdown.abort(new Error('the supervisor shuts down'))
      await over
    },
  }
}

export type HookRunner = ReturnType<typeof hookRunner>
