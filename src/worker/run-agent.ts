import type { AgentEnd, WorkOrder } from '../domain/worker-protocol.ts'
import { endMatcher } from '../inside/end-matcher.ts'
import type { ProgramEnd } from '../inside/started-program.ts'
import type { StopSwitch } from '../inside/stop-switch.ts'
import { timers } from '../inside/timers.ts'
import { aborted, windUp } from '../inside/wind-up.ts'
import { LONGEST_TIMER_MS } from '../std/longest-timer.ts'
import { agentOutput } from './agent-output.ts'
import { offerTerminal, type TerminalPlace } from './agent-terminal.ts'
import type { FrameWriter } from './frame-writer.ts'
import type { Programs } from './programs.ts'
import { type StartedAgent, startAgent } from './start-agent.ts'
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

/** What is in the pipes goes out as fast as the log takes it. Where a stranger may hold them, it is not waited for. */
const LAST_BYTES_MS = 300_000
const FOREIGN_MS = 2000

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
  await windUp({ pid, onTerminal: terminal !== undefined, exited, over, after }, end, run, stop)
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
