import type { Readable } from 'node:stream'
import type { AgentEnd, WorkOrder } from '../domain/worker-protocol.ts'
import { startWithPipes } from '../inside/start-with-pipes.ts'
import type { ProgramEnd } from '../inside/started-program.ts'
import type { StopSwitch } from '../inside/stop-switch.ts'
import { timers } from '../inside/timers.ts'
import { aborted, windUp } from '../inside/wind-up.ts'
import { agentOutput } from './agent-output.ts'
import type { FrameWriter } from './frame-writer.ts'
import { lastWords } from './last-words.ts'
import { offerFirst } from './offer-first.ts'
import { programEnv } from './program-env.ts'
import { sweep } from './sweep.ts'

type Parts = {
  readonly run: NonNullable<WorkOrder['run']>
  readonly startup: NonNullable<WorkOrder['startup']>
  readonly frames: FrameWriter
  readonly stop: StopSwitch
}

/** `end`: what ended the script before its own end. `failed`: why the turn cannot go on. */
type StartupRun = { readonly limits: WorkOrder['limits'] } | { readonly end: AgentEnd } | { readonly failed: string }

const howEnded = ({ code, signal }: ProgramEnd): string =>
  signal === null ? `exit code ${code}` : `the signal ${signal}`

/** A program that the script left behind may go on to write: somebody must read it, so that it does not stop. */
const readOn = (streams: readonly Readable[]) => {
  for (const stream of streams) stream.removeAllListeners('data').resume()
}

/** Runs the startup script to its end; gives what it leaves of the turn's limits. What runs in its background goes on. */
export const runStartup = async (order: WorkOrder, { run, startup, frames, stop }: Parts): Promise<StartupRun> => {
  const { paths, limits } = order
  const began = performance.now()
  frames.send({ k: 'phase', phase: 'startup' })
  const env = programEnv(paths.home, run.env)
  const { pid, exited, stdout, stderr } = await startWithPipes({ argv: startup.argv, cwd: paths.work, env }, 'ignore')
  offerFirst(pid)
  const output = agentOutput(frames, limits.outputBytes)
  const words = lastWords()
  let bytes = 0
  const see = (chunk: Buffer) => {
    bytes += chunk.length
    words.add(chunk)
  }
  const { after, clear } = timers()
  let ended: ProgramEnd = { code: null, signal: null }
  const own = exited.then((how) => {
    ended = how
  })
  const over = Promise.all([own, output.follow(stdout, 'so', see), output.follow(stderr, 'se', see)])
  const end = await Promise.race<AgentEnd>([
    own.then(() => 'exit'),
    aborted(stop.stop).then(() => 'stopped'),
    ...(limits.turnMs > 0
      ? [after(limits.turnMs).then((): AgentEnd => (limits.turnOf === 'task' ? 'task-limit' : 'turn-limit'))]
      : []),
  ])
  await windUp({ pid, onTerminal: false, exited: own, over, after }, end, { ...run, end: null }, stop)
  clear()
  output.end()
  readOn([stdout, stderr])
  frames.send({ k: 'startup-end', ...ended })
  if (end === 'exit' && ended.code === 0) {
    const spent = Math.ceil(performance.now() - began)
    return {
      limits: {
        ...limits,
        ...(limits.turnMs > 0 ? { turnMs: Math.max(1, limits.turnMs - spent) } : {}),
        outputBytes: Math.max(0, limits.outputBytes - bytes),
      },
    }
  }
  await sweep(pid, `BERTH_TASK=${order.task}`)
  return end === 'exit' ? { failed: `the startup script ended with ${howEnded(ended)}${words.text()}` } : { end }
}
