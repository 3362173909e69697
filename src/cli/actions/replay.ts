import { client } from '../../client/client.ts'
import { type CastEvent, castEvent } from '../../domain/asciicast.ts'
import { BerthError, EXIT } from '../../domain/errors.ts'
import type { TerminalSize } from '../../domain/worker-protocol.ts'
import { lineSplitter } from '../../std/lines.ts'
import { terminalFilter } from '../../std/terminal-filter.ts'
import { terminalLine } from '../../std/terminal-safe.ts'
import type { Context } from '../context.ts'
import { type HeldTerminal, holdTerminal } from '../held-terminal.ts'
import { idOrLast } from '../last-task.ts'
import { type Pacer, pacer } from '../pacer.ts'
import { writeRaw } from '../terminal-gate.ts'
import { writeTo } from '../write.ts'

export type ReplayOptions = {
  readonly turn?: string
  readonly speed?: string
  readonly idle?: string
  readonly cast?: boolean
}

/** More than any line of a recording. */
const LINE_BYTES = 256 * 1024

/** Without a keyboard in hand, these end it. */
const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

const number = (flag: string, text: string | undefined, none: number, what: string): number => {
  if (text === undefined) return none
  if (!/^(?:\d{1,6}(?:\.\d{1,6})?|\.\d{1,6})$/.test(text)) throw new BerthError('usage', `${flag} ${text}: not ${what}`)
  return Number(text)
}

const speedOf = ({ speed }: ReplayOptions): number => {
  const what = 'a number above 0, like 2 or 0.5'
  const value = number('--speed', speed, 1, what)
  if (value === 0) throw new BerthError('usage', `--speed ${speed}: not ${what}`)
  return value
}

const turnOf = ({ turn }: ReplayOptions): number | null => {
  if (turn === undefined) return null
  if (!/^[1-9]\d{0,8}$/.test(turn)) throw new BerthError('usage', `--turn ${turn}: not the number of a turn`)
  return Number(turn)
}

async function* eventsIn(bytes: AsyncIterable<Buffer>): AsyncGenerator<CastEvent> {
  const lines = lineSplitter(LINE_BYTES)
  for await (const chunk of bytes) {
    for (const line of lines.push(chunk)) {
      const event = castEvent(line)
      if (event !== undefined) yield event
    }
  }
}

/** Prints all output at once. */
const print = async ({ stdout, stderr }: Context, bytes: AsyncIterable<Buffer>): Promise<void> => {
  for await (const { kind, text } of eventsIn(bytes)) {
    if (stdout.destroyed) return
    if (kind === 'o') await writeTo(stdout, text)
    if (kind === 'm') await writeTo(stderr, `berth: ${terminalLine(text)}\n`)
  }
}

/** Shows bytes on the terminal. With a keyboard, its keys pause and end. */
const screenFor = (context: Context, pace: Pacer): Pick<HeldTerminal, 'show' | 'close'> => {
  if (context.stdin.isTTY)
    return holdTerminal(context, {
      input: false,
      typed: (data) => {
        pace.press(data.toString('latin1'))
        return undefined
      },
      ended: pace.stop,
      resized: () => {},
      continued: () => {},
    })
  const filter = terminalFilter({ input: false })
  for (const signal of ENDING) process.once(signal, pace.stop)
  return {
    show: (data) => writeRaw(context.stdout, filter.pass(data)),
    close: () => void writeRaw(context.stdout, filter.undo()),
  }
}

/** What to know before a recording that does not fit. */
const tooSmall = (own: TerminalSize, recorded: TerminalSize | undefined): string =>
  recorded === undefined || (own.columns >= recorded.columns && own.rows >= recorded.rows)
    ? ''
    : `berth: recorded on ${recorded.columns}x${recorded.rows}; this terminal has ${own.columns}x${own.rows}\n`

/** Plays on the terminal; the terminal is afterwards as it was. */
const play = async (context: Context, bytes: AsyncIterable<Buffer>, pace: Pacer): Promise<void> => {
  const { stdout, stderr } = context
  const screen = screenFor(context, pace)
  const markers: string[] = []
  try {
    for await (const { seconds, kind, text } of eventsIn(bytes)) {
      if (!(await pace.until(seconds)) || stdout.destroyed) return
      if (kind === 'o') await screen.show(Buffer.from(text))
      if (kind === 'm') markers.push(text)
    }
  } finally {
    screen.close()
    for (const text of markers) stderr.write(`berth: ${terminalLine(text)}\n`)
  }
}

/** Plays or prints the recording of an interactive turn. */
export const replayAction = async (
  context: Context,
  asked: string | undefined,
  options: ReplayOptions,
): Promise<number> => {
  const mostIdle = number('--idle', options.idle, Number.POSITIVE_INFINITY, 'a number of seconds')
  const pace = pacer({ speed: speedOf(options), mostIdle })
  const named = turnOf(options)
  const api = client(context)
  const { id, recordings } = await api.ask('recordings', { id: await idOrLast(context, asked) })
  const turn = named ?? recordings.at(-1)?.turn
  if (turn === undefined) throw new BerthError('no-recording', `${id} has no recording`)
  const { stdout, stderr } = context
  const bytes = await api.stream('recording', { id, turn })
  if (options.cast) for await (const chunk of bytes) await writeTo(stdout, chunk)
  else if (stdout.isTTY) {
    stderr.write(
      tooSmall(
        stdout,
        recordings.find((one) => one.turn === turn),
      ),
    )
    await play(context, bytes, pace)
  } else await print(context, bytes)
  return EXIT.done
}
