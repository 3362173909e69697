import { writeSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { constants } from 'node:os'
import { ordersOf } from '../domain/narrow-order.ts'
import {
  type CloneWorkspace,
  ORDER_WAIT_MS,
  orderFile,
  WORKER_FAILED,
  type WorkOrder,
} from '../domain/worker-protocol.ts'
import type { StopSwitch } from '../inside/stop-switch.ts'
import { cleanHome } from '../std/clean-home.ts'
import { errorMessage } from '../std/error-message.ts'
import { firstLine } from '../std/first-line.ts'
import { type TerminalPlace, terminalPlace } from './agent-terminal.ts'
import { finishFailure } from './finish-failure.ts'
import { keptForward } from './forward.ts'
import { type FrameWriter, frameWriter } from './frame-writer.ts'
import { keptCallers } from './kept-callers.ts'
import { isAlone } from './live-processes.ts'
import { makeCheckout } from './make-checkout.ts'
import { nextOrder } from './next-order.ts'
import { oomKills } from './oom-kills.ts'
import { placePort } from './place-port.ts'
import { type Programs, programs } from './programs.ts'
import { type AgentRun, runAgent } from './run-agent.ts'
import { keepSession, restoreSession } from './session.ts'
import { type Telling, takeOrder } from './take-order.ts'
import { warmUp } from './warm-up.ts'
import { writeHomeFiles } from './write-home-files.ts'

type Input = { readonly exchange: string; readonly stop: StopSwitch; readonly nextFrame: number }
type WorkerParts = {
  readonly frames: FrameWriter
  readonly stop: StopSwitch
  readonly openForward: ReturnType<typeof keptForward>
  readonly answerCallers: ReturnType<typeof keptCallers>
  readonly place: TerminalPlace
  readonly programs: Programs
  readonly telling: Telling
}
/** `own`: the agent came to an end by itself, and its work is gathered. */
type TurnEnd = { readonly code: number; readonly own: boolean }

/** Up to here a pipe takes all of a piece or nothing. */
const PIPE_BYTES = 4096
/** An order that comes with the container's start is there long before. */
const WARM_UP_MS = 1000
const STOPPED = 128 + constants.signals.SIGTERM

const exitCode = ({ code, signal, end }: AgentRun): number => {
  if (end === 'final-event') return 0
  return code ?? (signal === null ? WORKER_FAILED : 128 + constants.signals[signal])
}

const fillHome = async (order: WorkOrder, stop: StopSwitch): Promise<void> => {
  await mkdir(order.paths.home, { recursive: true })
  await cleanHome(order.paths.home, order.keepHome)
  await restoreSession(order, stop.stop)
  writeHomeFiles(order)
  // What was copied is remembered below the home.
  if (order.workspace.kind !== 'copy') return
  const { makeCopy } = await import('./make-copy.ts')
  await makeCopy(order, stop.stop)
}

/** Opens a port of the kernel's choice before anything is told of it. */
const openPort = async (order: WorkOrder, { openForward }: WorkerParts): Promise<WorkOrder> => {
  const { forward } = order
  if (forward?.port !== 0) return order
  const address = (await openForward(forward)).address()
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0
  return placePort({ ...order, forward: { ...forward, port } }, port)
}

const fillWork = async (order: WorkOrder, workspace: CloneWorkspace, { frames, stop }: WorkerParts): Promise<void> => {
  await makeCheckout(order, workspace, stop.stop)
  if (workspace.modules === undefined) return
  const { checkOutModules } = await import('./check-out-modules.ts')
  const missing = await checkOutModules(order, workspace.modules, stop.stop)
  for (const name of missing) frames.send({ k: 'unmet', what: 'submodule', name })
}

/**
 * Side by side, git's process first. All of it is over when this ends, also where some of it fails. Gives the order with
 * what was chosen in it.
 */
const prepare = async (given: WorkOrder, parts: WorkerParts): Promise<WorkOrder> => {
  const { frames, stop, openForward } = parts
  const order = await openPort(given, parts)
  const { forward } = order
  const over = await Promise.allSettled([
    ...ordersOf(order).map((one) => fillWork(one, one.workspace, parts)),
    forward === null ? undefined : openForward(forward),
    // Without an agent nobody is at home.
    order.run === null && order.hold !== true ? undefined : fillHome(order, stop),
    frames.open(),
  ])
  for (const part of over) if (part.status === 'rejected') throw part.reason
  return order
}

/** The log's pipe has taken one short line so far, so this does not wait. */
const writeNow = (lines: string): boolean => {
  if (lines.length > PIPE_BYTES) return false
  try {
    writeSync(1, lines)
    return true
  } catch {
    return false
  }
}

const NO_AGENT = { k: 'agent-end', code: null, signal: null, oom: false, left: 0 } as const

/** The limits that are left for the agent, or how the turn ended before it. */
const startupPart = async (
  order: WorkOrder,
  run: NonNullable<WorkOrder['run']>,
  { frames, stop }: WorkerParts,
): Promise<TurnEnd | Pick<WorkOrder, 'limits'>> => {
  const { startup, limits } = order
  if (startup === undefined) return { limits }
  const failed = (message: string): TurnEnd => {
    frames.send({ k: 'fail', stage: 'startup', message })
    return { code: WORKER_FAILED, own: false }
  }
  try {
    const { runStartup } = await import('./run-startup.ts')
    const ended = await runStartup(order, { run, startup, frames, stop })
    if ('limits' in ended) return ended
    if ('failed' in ended) return failed(ended.failed)
    frames.send({ ...NO_AGENT, end: ended.end })
    return { code: ended.end === 'stopped' ? STOPPED : WORKER_FAILED, own: false }
  } catch (error) {
    const interpreter = startup.text.startsWith('#!') ? `; its first line is ${firstLine(startup.text)}` : ''
    return failed(`${errorMessage(error)}${interpreter}`)
  }
}

const agentPart = async (order: WorkOrder, parts: WorkerParts): Promise<TurnEnd> => {
  const { frames, stop, answerCallers, place, programs } = parts
  if (order.hold === true) {
    const { hold } = await import('./hold.ts')
    await hold(order, parts)
  }
  if (order.run === null) return { code: 0, own: false }
  if (stop.stop.aborted) {
    frames.send({ ...NO_AGENT, end: 'stopped' })
    return { code: STOPPED, own: false }
  }
  if (order.given !== undefined) {
    const { readGiven } = await import('./read-given.ts')
    frames.send(...readGiven(order))
  }
  void answerCallers(order)
  const begun = await startupPart(order, order.run, parts)
  if ('code' in begun) return begun
  const { limits } = begun
  frames.send({ k: 'phase', phase: 'agent' })
  if (order.run.terminal !== undefined) place.expect()
  // The control group of a host is not ours alone.
  const before = isAlone() ? oomKills() : undefined
  try {
    const result = await runAgent({ order: { ...order, limits }, run: order.run, frames, stop, place, programs })
    const { code, signal, end, left } = result
    const oom = before !== undefined && (oomKills() ?? before) > before
    frames.send({ k: 'agent-end', code, signal, end, oom, left })
    return { code: exitCode(result), own: !oom && (end === 'exit' || end === 'final-event') }
  } catch (error) {
    frames.send({ ...NO_AGENT, end: 'not-started', message: errorMessage(error) })
    frames.send({ k: 'fail', stage: 'agent', message: errorMessage(error) })
    return { code: WORKER_FAILED, own: false }
  } finally {
    place.clear()
  }
}

/** `session`: what of the agent's session could not be kept. */
const finishPart = async (
  order: WorkOrder,
  frames: FrameWriter,
  session: Promise<string | undefined>,
): Promise<boolean> => {
  const { workspace, finish } = order
  if (finish === null || (workspace.kind !== 'clone' && workspace.kind !== 'copy')) return true
  frames.send({ k: 'phase', phase: 'finish' })
  try {
    if (workspace.kind === 'clone') {
      const { finishClones } = await import('./finish-clones.ts')
      return await finishClones({ order, finish, frames, session })
    }
    const { finishCopy } = await import('./finish-copy.ts')
    frames.send(await finishCopy(order))
    return true
  } catch (error) {
    frames.send(finishFailure(error))
    return false
  }
}

/** An order of git commands, without an agent. Undefined: it is an order for a turn. */
const helperPart = async (order: WorkOrder, frames: FrameWriter): Promise<TurnEnd | undefined> => {
  const { rebase, move } = order
  if (rebase === undefined && move === undefined) return undefined
  frames.open()
  try {
    if (rebase !== undefined) {
      const { rebaseWork } = await import('./rebase-work.ts')
      frames.send(await rebaseWork(order, rebase))
    }
    if (move !== undefined) {
      const { moveWork } = await import('./move-work.ts')
      await moveWork(order, move)
    }
    return { code: 0, own: false }
  } catch (error) {
    frames.send({ k: 'fail', stage: rebase === undefined ? 'move' : 'rebase', message: errorMessage(error) })
    return { code: WORKER_FAILED, own: false }
  }
}

const turn = async (given: WorkOrder, parts: WorkerParts): Promise<TurnEnd> => {
  const { frames, stop } = parts
  const helped = await helperPart(given, frames)
  if (helped !== undefined) return helped
  let order = given
  frames.send({ k: 'phase', phase: 'clone' })
  try {
    order = await prepare(order, parts)
    if (order.locale !== undefined) order = (await import('./settle-locale.ts')).settleLocale(order, frames)
    if (order.writable !== undefined) (await import('./tell-closed.ts')).tellClosed(order.writable, frames)
  } catch (error) {
    if (stop.stop.aborted) {
      frames.send({ ...NO_AGENT, end: 'stopped' })
      return { code: STOPPED, own: false }
    }
    frames.send({ k: 'fail', stage: 'clone', message: errorMessage(error) })
    return { code: WORKER_FAILED, own: false }
  }
  const began = Date.now()
  const ended = await agentPart(order, parts)
  if (order.take !== undefined) {
    const { takeFiles } = await import('./take-files.ts')
    frames.send(...takeFiles(order))
  }
  const session = keepSession(order, began)
  const [finished] = await Promise.all([finishPart(order, frames, session), session])
  return finished ? ended : { code: WORKER_FAILED, own: false }
}

/** The ordered turn, and the further ones that the container is kept for. Returns the last one's exit code. */
const turns = async (exchange: string, first: WorkOrder, parts: WorkerParts): Promise<number> => {
  for (let order = first; ; ) {
    const { code, own } = await turn(order, parts)
    const next = own ? await nextOrder({ ...parts, exchange, before: order, code }) : undefined
    if (next === undefined) return code
    order = next
  }
}

/** The first order; who has to wait for it makes itself ready meanwhile. */
const firstOrder = async (
  exchange: string,
  stop: AbortSignal,
  { frames, telling }: Pick<WorkerParts, 'frames' | 'telling'>,
): Promise<WorkOrder | undefined> => {
  const timer = setTimeout(() => {
    frames.open()
    void warmUp(exchange)
  }, WARM_UP_MS)
  const wanted = { folder: exchange, file: orderFile(0), limitMs: ORDER_WAIT_MS, renewed: true }
  const order = await takeOrder({ ...wanted, stop, telling })
  clearTimeout(timer)
  if (order === undefined && !stop.aborted)
    throw new Error(`waited ${ORDER_WAIT_MS / 60_000} minutes in ${exchange}: no order came`)
  return order
}

/** A container's turns from the first order to the last frame. Returns the exit code; never rejects for what goes wrong in a turn. */
export const work = async ({ exchange, stop, nextFrame }: Input): Promise<number> => {
  const frames = frameWriter({ open: () => process.stdout, early: writeNow, first: nextFrame })
  const telling: Telling = { tells: false }
  let code = STOPPED
  try {
    const order = await firstOrder(exchange, stop.stop, { frames, telling })
    if (order === undefined) frames.send({ ...NO_AGENT, end: 'stopped' })
    else {
      const inside = { frames, telling, place: terminalPlace(), programs: programs() }
      const parts = { ...inside, stop, openForward: keptForward(), answerCallers: keptCallers(inside) }
      code = await turns(exchange, order, parts)
    }
  } catch (error) {
    frames.send({ k: 'fail', stage: 'order', message: errorMessage(error) })
    code = WORKER_FAILED
  }
  frames.send({ k: 'end' })
  await frames.flush()
  return code
}
