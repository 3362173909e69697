import type { Event } from '../domain/event.ts'
import { terminalSafe } from '../std/terminal-safe.ts'
import { liveLine, liveState, NO_TURN } from '../views/live-line.ts'
import type { Context } from './context.ts'
import { type LiveScreen, liveScreen } from './live-screen.ts'
import { eventText } from './printer.ts'
import { isLiveTerminal, terminalStyle } from './terminal.ts'
import { writeTo } from './write.ts'

/** Where a task's events go while a person or a program follows it. */
export type EventOutput = {
  take(...events: readonly Event[]): Promise<void>
  /** Words of our own for a person, on stderr. */
  note(text: string): void
  /** The terminal as it was. Called whatever ended it. */
  close(): void
}

type Options = {
  /** The task whose events they are. */
  readonly id?: string
  readonly json?: boolean
  /** The agent's last answer alone. */
  readonly quiet?: boolean
  /** Text in place of events, as `log` makes it. */
  readonly text?: (event: Event) => string
  /** Known before the events tell it. */
  readonly model?: string | null
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Ends the line before a signal ends us. A command that does something of its own at a signal comes first, and stays. */
const closeAtSignal = (screen: LiveScreen): (() => void) => {
  const listeners = SIGNALS.map((signal) => {
    const listener = () => {
      if (process.listenerCount(signal) > 1) return
      screen.close()
      off()
      process.kill(process.pid, signal)
    }
    process.on(signal, listener)
    return [signal, listener] as const
  })
  const off = () => {
    for (const [signal, listener] of listeners) process.off(signal, listener)
  }
  return off
}

const onTerminal = (context: Context, text: (event: Event) => string, model: string | null): EventOutput => {
  const style = terminalStyle(context)
  let state = { ...NO_TURN, model }
  const screen = liveScreen({
    stream: context.stdout,
    line(columns) {
      const line = liveLine(state, { now: Date.now(), columns })
      return line === null ? null : style('dim', line)
    },
  })
  const off = closeAtSignal(screen)
  return {
    take(...events) {
      state = events.reduce(liveState, state)
      return screen.print(events.map(text).join(''))
    },
    note(words) {
      // The screen may be stderr's too: what is written there needs a row of its own.
      screen.clear()
      context.stderr.write(words)
    },
    close() {
      off()
      screen.close()
    },
  }
}

/** What asks for a person's help goes to stderr, where one may see it. */
const isForPerson = (event: Event): boolean => event.type === 'egress.denied'

const inPipe = (context: Context, text: (event: Event) => string, json: boolean): EventOutput => ({
  async take(...events) {
    let told = ''
    let asked = ''
    for (const event of events)
      if (!json && isForPerson(event)) asked += text(event)
      else told += text(event)
    if (asked !== '') context.stderr.write(asked)
    if (told !== '') await writeTo(context.stdout, told)
  },
  note: (words) => void context.stderr.write(words),
  close: () => {},
})

const answerAlone = (context: Context): EventOutput => {
  let answer = ''
  const print = async () => {
    const text = context.stdout.isTTY ? terminalSafe(answer) : answer
    await writeTo(context.stdout, text.endsWith('\n') ? text : `${text}\n`)
  }
  return {
    async take(...events) {
      for (const event of events) {
        if (event.type === 'turn.started') answer = ''
        if (event.type === 'agent.message') answer = event.text
        if (event.type === 'turn.ended' && answer !== '') await print()
      }
    },
    note: (words) => void context.stderr.write(words),
    close: () => {},
  }
}

/** Prints events: the transcript, on a terminal with a line that lives below it; JSON lines; or the last answer alone. */
export const eventOutput = (context: Context, options: Options): EventOutput => {
  if (options.quiet) return answerAlone(context)
  const { id, json = false } = options
  const text = options.text ?? eventText(context, json, { id })
  if (!json && isLiveTerminal(context)) return onTerminal(context, text, options.model ?? null)
  return inPipe(context, text, json)
}
