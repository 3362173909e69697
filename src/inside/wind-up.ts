import type { AgentEnd, WorkOrder } from '../domain/worker-protocol.ts'
import { onAbort } from '../std/abort.ts'
import { signalSession } from './signal-session.ts'
import type { StopSwitch } from './stop-switch.ts'
import type { Timers } from './timers.ts'

type Run = Pick<NonNullable<WorkOrder['run']>, 'end' | 'interrupt' | 'termGraceMs'>

/** An agent that was started, as the leader of a session of its own. */
export type Running = {
  readonly pid: number
  readonly onTerminal: boolean
  /** The process has ended; and its output with it. */
  readonly exited: Promise<void>
  readonly over: Promise<unknown>
  readonly after: Timers['after']
}

const DRAIN_MS = 2000
const SETTLE_MS = 100

export const aborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    onAbort(signal, resolve)
  })

const signalGroup = (pid: number, signal: NodeJS.Signals) => {
  try {
    process.kill(-pid, signal)
  } catch {
    // Nobody is left in the group.
  }
}

/** Asks the agent to end: by its own signal, then by TERM. */
const askToEnd = async ({ pid, exited, over, after }: Running, end: AgentEnd, run: Run, stop: StopSwitch) => {
  const killed = aborted(stop.kill)
  const steps = [
    ...(end === 'final-event' ? [] : [[run.interrupt.signal, run.interrupt.graceMs] as const]),
    ['SIGTERM', run.termGraceMs] as const,
  ]
  for (const [signal, graceMs] of steps) {
    if (stop.kill.aborted) break
    signalGroup(pid, signal)
    // Who answers its own signal by an end has nothing more to be waited for; children that stay get the next one.
    const answered = signal === steps.at(-1)?.[0] ? over : Promise.race([over, exited.then(() => after(SETTLE_MS))])
    await Promise.race([answered, after(graceMs), killed])
  }
}

/** Ends the agent in good order. What is left after it is to be killed. */
export const windUp = async (running: Running, end: AgentEnd, run: Run, stop: StopSwitch): Promise<void> => {
  const { pid, onTerminal, over, after } = running
  if (end !== 'exit') await askToEnd(running, end, run, stop)
  // Children may hold the output open; what they still say is waited for a little.
  else if (!onTerminal) await Promise.race([over, after(run.end?.graceMs ?? DRAIN_MS), aborted(stop.stop)])
  if (!onTerminal) return
  // Who is left at it hears that it goes.
  signalSession(pid, 'SIGHUP')
  await Promise.race([over, after(SETTLE_MS)])
}
