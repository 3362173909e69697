import type { Duplex } from 'node:stream'
import { decodeExec, EXEC, encodeExec } from '../../domain/exec-frame.ts'
import type { TerminalSize } from '../../domain/worker-protocol.ts'
import { backoff } from '../../std/backoff.ts'
import { drained } from '../../std/drained.ts'
import { lineSplitter } from '../../std/lines.ts'

/** Of input that waits for a connection: so much, so long. */
const MOST_WAITING = 64 * 1024
const WAITING_MS = 10_000
/** Of answers that the terminal does not take. */
const MOST_UNSENT = 64 * 1024

type Waiting = { readonly bytes: Buffer; readonly lost: (bytes: number) => void }

type Input = {
  readonly dial: (signal: AbortSignal) => Promise<Duplex>
  /** Lines of the worker's log, as it writes them. */
  readonly lines: (lines: readonly string[]) => void
  /** The connection is there, or gone. */
  readonly changed: () => void
  /** Whether a connection that has gone is made again at once; else with the next input. */
  readonly isWanted: () => boolean
  readonly signal: AbortSignal
}

/** Input that waits for a connection; what waits too long, or is too much, is lost. */
const waitingInput = (changed: () => void) => {
  let all: Waiting[] = []
  let bytes = 0
  let timer: NodeJS.Timeout | undefined
  const clear = () => {
    clearTimeout(timer)
    timer = undefined
    all = []
    bytes = 0
  }
  const lose = () => {
    const lost = all
    clear()
    for (const one of lost) one.lost(one.bytes.length)
    changed()
  }
  return {
    get some() {
      return bytes > 0
    },
    add(one: Waiting): void {
      if (bytes + one.bytes.length > MOST_WAITING) {
        one.lost(one.bytes.length)
        changed()
        return
      }
      all.push(one)
      bytes += one.bytes.length
      timer ??= setTimeout(lose, WAITING_MS).unref()
    },
    takeAll(): readonly Buffer[] {
      const taken = all.map((one) => one.bytes)
      clear()
      return taken
    },
    clear,
  }
}

/**
 * The connection to an agent's terminal by way of its worker: input and sizes go in, lines of the log come out. A connection
 * that ends, as when the gateway is replaced, is made again.
 */
export const sandboxLine = ({ dial, lines, changed, isWanted, signal }: Input) => {
  const waiting = waitingInput(changed)
  let stream: Duplex | undefined
  let size: TerminalSize | undefined
  let unsized = false
  let busy = false

  const sendSize = () => {
    if (size === undefined || stream === undefined) return
    stream.write(encodeExec(EXEC.resize, JSON.stringify(size)))
    unsized = false
  }
  const serve = async (connection: Duplex) => {
    stream = connection.on('error', () => {})
    const split = lineSplitter(64 * 1024)
    // First, and again: what is typed is for a terminal of this size, and the connection before may have lost it.
    sendSize()
    for (const bytes of waiting.takeAll()) connection.write(encodeExec(EXEC.stdin, bytes))
    changed()
    for await (const { kind, data } of decodeExec(connection as AsyncIterable<Buffer>))
      if (kind === EXEC.stdout) lines(split.push(data))
  }
  const connect = async (at: 'once' | 'need') => {
    if (busy) return
    busy = true
    const { pause, reset } = backoff(signal)
    for (
      let first = at === 'once';
      !signal.aborted && (first || isWanted() || waiting.some || unsized);
      first = false
    ) {
      try {
        const connection = await dial(signal)
        reset()
        await serve(connection)
      } catch {
        // The gateway or the worker is on its way, or gone.
      }
      const was = stream
      stream = undefined
      was?.destroy()
      if (was !== undefined) changed()
      await pause()
    }
    busy = false
  }
  const open = (once = false) => void connect(once ? 'once' : 'need')
  return {
    /** Makes the connection if it is wanted; `once`: in any case, once. */
    open,
    get isOpen() {
      return stream !== undefined
    },
    /** Types bytes. Resolves when more may come. `lost`: how many of them never arrive. */
    async type(bytes: Buffer, lost: (bytes: number) => void): Promise<void> {
      if (stream === undefined) {
        waiting.add({ bytes, lost })
        return open()
      }
      if (!stream.write(encodeExec(EXEC.stdin, bytes))) await drained(stream)
    },
    /** Types what the screen answers; nothing if the terminal takes no input. */
    answer(text: string): void {
      const bytes = Buffer.from(text, 'latin1')
      if ((stream?.writableLength ?? 0) < MOST_UNSENT) void this.type(bytes, () => {})
    },
    resize(next: TerminalSize): void {
      size = next
      unsized = true
      sendSize()
      if (unsized) open()
    },
    close(): void {
      waiting.clear()
      stream?.destroy()
    },
  }
}

export type SandboxLine = ReturnType<typeof sandboxLine>
