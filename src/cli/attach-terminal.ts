import type { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Problem } from '../api/answers.ts'
import { problemError } from '../client/client.ts'
import type { AttachOpening, AttachState } from '../domain/attach.ts'
import { BerthError } from '../domain/errors.ts'
import { decodeExec, EXEC, encodeExec } from '../domain/exec-frame.ts'
import type { TerminalSize } from '../domain/worker-protocol.ts'
import { drained } from '../std/drained.ts'
import { keyWatch } from '../std/key-watch.ts'
import { attachChange } from '../views/attach-words.ts'
import type { HeldTerminal, HoldInput } from './held-terminal.ts'

/** So long the beginning of the detach keys waits for the rest, before the agent gets it. */
const KEYS_MS = 1000
/** So long words stay over the agent's screen. */
const NOTE_MS = 3000
const LAST_MS = 500
const TRIES = 6
const AGAIN_MS = 200

export type AttachInput = {
  readonly id: string
  readonly who: string
  readonly readOnly: boolean
  readonly take: boolean
  /** The bytes of the detach keys. */
  readonly keys: readonly number[]
  readonly size: () => TerminalSize
  /** A connection of `attach`; rejects if there is none. */
  readonly connect: (signal: AbortSignal) => Promise<Duplex>
  /** Takes the user's terminal. Called once, when the agent's terminal is there. */
  readonly hold: (state: AttachState, input: HoldInput) => HeldTerminal
  readonly signal: AbortSignal
}

/** `over`: the agent's terminal is closed. */
type AttachEnd = 'over' | 'detached'

type Session = AttachInput & {
  readonly leaving: AbortController
  connection: Duplex | undefined
  terminal: HeldTerminal | undefined
  state: AttachState | undefined
  /** The agent gets this user's keys. */
  writes: boolean
  /** Connections in a row that were lost before they told anything. */
  tries: number
  note: NodeJS.Timeout | undefined
}

const send = ({ connection }: Session, kind: number, data: Uint8Array | string): Promise<void> | undefined => {
  if (connection === undefined || !connection.writable) return undefined
  return connection.write(encodeExec(kind, data)) ? undefined : drained(connection)
}

/** Also without a change of the size: the server then sends the whole screen again. */
const sendSize = (session: Session): void => void send(session, EXEC.resize, JSON.stringify(session.size()))

/** Shows words for a while; then the screen is drawn again. */
const say = (session: Session, words: string): void => {
  session.terminal?.say(words)
  clearTimeout(session.note)
  session.note = setTimeout(sendSize, NOTE_MS, session).unref()
}

const typing = (session: Session): HoldInput['typed'] => {
  const watch = keyWatch(session.keys)
  let timer: NodeJS.Timeout | undefined
  const pass = (bytes: Uint8Array) =>
    session.readOnly || bytes.length === 0 ? undefined : send(session, EXEC.stdin, bytes)
  return (data) => {
    clearTimeout(timer)
    const { passed, found } = watch.take(data)
    const taken = pass(passed)
    if (found) session.leaving.abort()
    else if (watch.waits) timer = setTimeout(() => void pass(watch.release()), KEYS_MS).unref()
    return taken
  }
}

const takeState = (session: Session, state: AttachState): void => {
  const { state: before, terminal, id } = session
  session.state = state
  session.writes = state.writer?.id === state.you
  session.tries = 0
  if (terminal === undefined) {
    session.terminal = session.hold(state, {
      input: !session.readOnly,
      typed: typing(session),
      ended: () => session.leaving.abort(),
      resized: () => sendSize(session),
      continued: () => sendSize(session),
    })
    return
  }
  const words = before === undefined ? null : attachChange(id, before, state)
  if (words !== null) say(session, words)
}

/** Shows what a connection brings: true when the agent's terminal is closed, false when the connection was lost. */
const follow = async (session: Session, connection: Duplex): Promise<boolean> => {
  try {
    for await (const { kind, data } of decodeExec(connection as AsyncIterable<Buffer>)) {
      if (kind === EXEC.state) takeState(session, JSON.parse(data.toString()) as AttachState)
      if (kind === EXEC.stdout) await session.terminal?.show(data)
      if (kind === EXEC.exit) return true
      if (kind === EXEC.failed) throw problemError(JSON.parse(data.toString()) as Problem)
    }
  } catch (error) {
    if (error instanceof BerthError) throw error
  }
  return false
}

/** One connection, from its opening to its end. */
const attachOnce = async (session: Session, opening: AttachOpening): Promise<boolean> => {
  const { connect, leaving, signal } = session
  const connection = await connect(AbortSignal.any([leaving.signal, signal]))
  connection.on('error', () => {})
  const close = () => {
    // What was typed before goes out first; a supervisor that hangs holds nobody up.
    connection.end(() => connection.destroy())
    setTimeout(() => connection.destroy(), LAST_MS).unref()
  }
  leaving.signal.addEventListener('abort', close, { once: true })
  try {
    connection.write(encodeExec(EXEC.open, JSON.stringify(opening)))
    session.connection = connection
    return await follow(session, connection)
  } finally {
    session.connection = undefined
    leaving.signal.removeEventListener('abort', close)
    connection.destroy()
  }
}

/** The state of a new connection is another viewer's: it tells no change. */
const again = async (session: Session): Promise<boolean> => {
  const { readOnly, who } = session
  const opening = { ...session.size(), who, readOnly, take: session.writes }
  session.state = undefined
  try {
    return await attachOnce(session, opening)
  } catch (error) {
    if (!(error instanceof BerthError)) return false
    if (error.code === 'terminal-in-use') return await attachOnce(session, { ...opening, readOnly: true })
    // The turn ended meanwhile.
    if (error.code === 'no-terminal' || error.code === 'not-found') return true
    throw error
  }
}

const run = async (session: Session): Promise<AttachEnd> => {
  const { readOnly, take, who, leaving, signal } = session
  let over = await attachOnce(session, { ...session.size(), who, readOnly, take })
  while (!over) {
    if (leaving.signal.aborted) return 'detached'
    signal.throwIfAborted()
    session.tries += 1
    if (session.tries > TRIES)
      throw new BerthError(
        'supervisor-unreachable',
        `${session.id}: the supervisor does not answer; the task keeps running`,
      )
    session.terminal?.say('berth: the supervisor ended; connecting again')
    await sleep(AGAIN_MS * session.tries, undefined, { signal: leaving.signal }).catch(() => {})
    if (!leaving.signal.aborted) over = await again(session)
  }
  return leaving.signal.aborted ? 'detached' : 'over'
}

/**
 * Joins the user's terminal with that of a task's agent, until the agent's is closed or the user detaches. A supervisor that
 * was lost is called again; meanwhile keys go nowhere but to the detach keys.
 */
export const attachTerminal = async (input: AttachInput): Promise<AttachEnd> => {
  const session: Session = {
    ...input,
    leaving: new AbortController(),
    connection: undefined,
    terminal: undefined,
    state: undefined,
    writes: false,
    tries: 0,
    note: undefined,
  }
  try {
    return await run(session)
  } catch (error) {
    if (session.leaving.signal.aborted) return 'detached'
    throw error
  } finally {
    clearTimeout(session.note)
    session.terminal?.close()
  }
}
