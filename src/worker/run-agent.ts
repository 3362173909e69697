import type { AgentEnd, WorkOrder } from '../domain/worker-protocol.ts'
import { onAbort } from '../std/abort.ts'
import { LONGEST_TIMER_MS } from '../std/longest-timer.ts'
import { agentOutput } from './agent-output.ts'
import { offerTerminal, type TerminalPlace } from './agent-terminal.ts'
import { endMatcher } from './end-matcher.ts'
import type { FrameWriter } from './frame-writer.ts'
import type { Programs } from './programs.ts'
import { signalSession } from './signal-session.ts'
import { type StartedAgent, startAgent } from './start-agent.ts'
import type { ProgramEnd } from './started-program.ts'
import type { StopSwitch } from './stop-switch.ts'
import { sweep } from './sweep.ts'

type Run = NonNullable<WorkOrder['run']>
type Deps = {
  readonly order: WorkOrder
  readonly run: Run
  readonly frames: FrameWriter
  readonly stop: StopSwitch
  readonly place: TerminalPlace
  readonly programs: Programs
}

export type AgentRun = ProgramEnd & {
  readonly end: AgentEnd
  /** Processes that had to be killed after it. */
  readonly left: number
}

const DRAIN_MS = 2000
const SETTLE_MS = 100
/** What is in the pipes goes out as fast as the log takes it. Where a stranger may hold them, it is not waited for. */
const LAST_BYTES_MS = 300_000
const FOREIGN_MS = 2000

const aborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    onAbort(signal, resolve)
  })

/** A wait that can be called off, so that no timer outlives what it was for. */
const timers = () => {
  const open = new Set<NodeJS.Timeout>()
  return {
    after: (ms: number) =>
      new Promise<void>((resolve) => open.add(setTimeout(resolve, Math.min(Math.max(0, ms), LONGEST_TIMER_MS)))),
    clear: () => {
      for (const timer of open) clearTimeout(timer)
    },
  }
}

const signalGroup = (pid: number, signal: NodeJS.Signals) => {
  try {
    process.kill(-pid, signal)
  } catch {
    // Nobody is left in the group.
  }
}

/** Resolves when nothing was heard for that long. */
const silence = (ms: number | undefined) => {
  const { promise, resolve } = Promise.withResolvers<AgentEnd>()
  const timer = ms === undefined ? undefined : setTimeout(() => resolve('idle-limit'), Math.min(ms, LONGEST_TIMER_MS))
  return { promise, heard: () => timer?.refresh(), clear: () => clearTimeout(timer) }
}

const watchOutput = (agent: StartedAgent, deps: Deps, onWord: () => void, onLastWord: () => void) => {
  const output = agentOutput(deps.frames, deps.order.limits.outputBytes)
  const matcher = deps.run.end === null ? undefined : endMatcher(deps.run.end)
  const see = (chunk: Buffer) => {
    onWord()
    if (matcher?.(chunk) === true) onLastWord()
  }
  const closed = Promise.all(
    agent.outputs.map(([name, stream]) => output.follow(stream, name, name === 'o' ? see : onWord)),
  )
  return { output, closed }
}

type Running = {
  readonly pid: number
  readonly onTerminal: boolean
  /** The process has ended; and its output with it. */
  readonly exited: Promise<void>
  readonly over: Promise<unknown>
  readonly after: (ms: number) => Promise<void>
}

/** Asks the agent to end: by its own signal, then by TERM. */
const askToEnd = async ({ pid, exited, over, after }: Running, end: AgentEnd, { run, stop }: Deps) => {
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
const windUp = async (running: Running, end: AgentEnd, deps: Deps) => {
  const { pid, onTerminal, over, after } = running
  if (end !== 'exit') await askToEnd(running, end, deps)
  // Children may hold the output open; what they still say is waited for a little.
  else if (!onTerminal) await Promise.race([over, after(deps.run.end?.graceMs ?? DRAIN_MS), aborted(deps.stop.stop)])
  if (!onTerminal) return
  // Who is left at it hears that it goes.
  signalSession(pid, 'SIGHUP')
  await Promise.race([over, after(SETTLE_MS)])
}

/** Runs the agent to its end, and then what it left behind. Rejects only where it can't be started. */
export const runAgent = async (deps: Deps): Promise<AgentRun> => {
  const { order, run, frames, stop, place } = deps
  const agent = await startAgent(order, run)
  const { pid, terminal } = agent
  let ended: ProgramEnd = { code: null, signal: null }
  const exited = agent.exited.then((how) => {
    ended = how
  })
  frames.send({ k: 'agent-start', pid })
  const { after, clear } = timers()
  const lastWord = Promise.withResolvers<AgentEnd>()
  const { turnMs, turnOf, idleMs } = order.limits
  const quiet = silence(idleMs)
  const { output, closed } = watchOutput(agent, deps, quiet.heard, () => {
    void after(run.end?.graceMs ?? 0).then(() => lastWord.resolve('final-event'))
  })
  const over = Promise.all([exited, closed])
  if (terminal !== undefined && run.terminal !== undefined)
    offerTerminal({ terminal, size: run.terminal, output, frames, place })

  const end = await Promise.race<AgentEnd>([
    exited.then(() => 'exit'),
    lastWord.promise,
    aborted(stop.stop).then(() => 'stopped'),
    quiet.promise,
    ...(turnMs > 0 ? [after(turnMs).then((): AgentEnd => (turnOf === 'task' ? 'task-limit' : 'turn-limit'))] : []),
  ])
  quiet.clear()
  await windUp({ pid, onTerminal: terminal !== undefined, exited, over, after }, end, deps)
  // They are the callers', and nothing that the agent left.
  await deps.programs.kill()
  const { found: left, alone } = await sweep(pid, `BERTH_TASK=${order.task}`)
  await Promise.race([over, after(alone ? LAST_BYTES_MS : FOREIGN_MS)])
  clear()
  output.end()
  output.destroy()
  terminal?.close()
  return { ...ended, end, left }
}
