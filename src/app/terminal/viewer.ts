import { EXEC } from '../../domain/exec-frame.ts'
import type { TerminalSize } from '../../domain/worker-protocol.ts'
import type { Screen } from './screen.ts'

/** Unread bytes above which a viewer gets no output any more, but pictures of the screen. */
export const MOST_UNREAD = 256 * 1024
/** Between two pictures. */
const PICTURE_MS = 50
/** A viewer that had fallen behind gets output again when so little came since its last picture. */
const QUIET_BYTES = 64 * 1024

/** Where a viewer's frames go. */
export type ViewerSink = {
  send(kind: number, data: Uint8Array | string): void
  /** Bytes that the viewer has not taken yet. */
  readonly unread: number
  /** Resolves when there are none, or nobody takes any. */
  drained(): Promise<void>
  /** Ends behind what was sent. */
  end(): void
}

const INPUT_MODES_OFF = ['1', '9', '1000', '1002', '1003', '1006', '1016', '1004', '2004']
  .map((mode) => `\x1b[?${mode}l`)
  .concat('\x1b>', '\x1b[0 q', '\x1b[?25h')
  .join('')
/** Of a terminal that may be in any state: all that changes how output looks, off; then an empty screen. */
const FRESH = `\x1b[?1049l\x1b[?6l\x1b[r\x1b[4l\x1b[20l\x1b[?45l\x1b[?7h${INPUT_MODES_OFF}\x1b(B\x1b)B\x1b*B\x1b+B\x0f\x1b[0m\x1b[H\x1b[2J`
/** Ends a control sequence that was cut. */
const CANCEL = '\x18'
const NO_WRAP = '\x1b[?7l'
const TOGETHER = ['\x1b[?2026h', '\x1b[?2026l'] as const

/** Scrolls up what the viewer's terminal shows, so that it is not erased. */
const scrollAway = (rows: number): string => `\x1b[${rows};1H${'\n'.repeat(rows)}`

type Shown = { readonly rows: readonly string[]; readonly modes: string }

/** The rows that differ from those of the last picture. */
const picture = (screen: Screen, size: TerminalSize, last: Shown): { readonly text: string; readonly shown: Shown } => {
  const { rows, cursor, modes } = screen.part(size)
  const changed = Array.from({ length: size.rows }, (_, row) => {
    const text = rows[row] ?? ''
    return text === (last.rows[row] ?? '') ? '' : `\x1b[${row + 1};1H\x1b[2K${text}`
  })
  const set = modes === last.modes ? '' : `${INPUT_MODES_OFF}${modes}`
  const place = `\x1b[${cursor.row + 1};${cursor.column + 1}H`
  return { text: `${TOGETHER[0]}${changed.join('')}${set}${place}${TOGETHER[1]}`, shown: { rows, modes } }
}

type View = {
  readonly sink: ViewerSink
  readonly screenOf: () => Screen | undefined
  size: TerminalSize
  /** It gets the output itself. */
  isRaw: boolean
  /** It got something. */
  began: boolean
  /** The last picture, if the viewer shows it still. */
  shown: Shown | undefined
  timer: NodeJS.Timeout | undefined
  draining: boolean
  drawnAt: number
  /** Bytes of output since the last picture. */
  since: number
  behind: boolean
  over: boolean
}

const fresh = ({ began, size }: View): string => `${began ? CANCEL : scrollAway(size.rows)}${FRESH}`

/** Sends the whole screen; the output goes on behind it. */
const sendWhole = (view: View, screen: Screen): void => {
  view.sink.send(EXEC.stdout, fresh(view))
  view.sink.send(EXEC.stdout, screen.snapshot(!view.began))
  view.isRaw = true
  view.began = true
  view.behind = false
  view.shown = undefined
}

const sendPicture = (view: View, screen: Screen): void => {
  if (view.shown === undefined) view.sink.send(EXEC.stdout, `${fresh(view)}${NO_WRAP}`)
  const { text, shown } = picture(screen, view.size, view.shown ?? { rows: [], modes: '' })
  view.sink.send(EXEC.stdout, text)
  view.shown = shown
  view.began = true
}

const show = (view: View): void => {
  view.timer = undefined
  const screen = view.screenOf()
  if (view.over || view.isRaw || screen === undefined) return
  if (view.sink.unread > 0) {
    schedule(view)
    return
  }
  view.drawnAt = Date.now()
  const { columns, rows } = screen.size
  const fits = columns === view.size.columns && rows === view.size.rows
  if (fits && (!view.behind || view.since < QUIET_BYTES)) sendWhole(view, screen)
  else sendPicture(view, screen)
  view.since = 0
}

/** Has the next picture sent in its time, and not before all is read. */
const schedule = (view: View): void => {
  if (view.over || view.isRaw || view.timer !== undefined || view.draining) return
  if (view.sink.unread === 0) {
    view.timer = setTimeout(show, Math.max(0, view.drawnAt + PICTURE_MS - Date.now()), view)
    return
  }
  view.draining = true
  void view.sink.drained().then(() => {
    view.draining = false
    schedule(view)
  })
}

/** Sends output. If too much of it is unread, pictures follow instead. */
const sendOutput = (view: View, data: Buffer): void => {
  view.sink.send(EXEC.stdout, data)
  if (view.sink.unread < MOST_UNREAD) return
  view.isRaw = false
  view.behind = true
  view.since = 0
}

/**
 * What one viewer of a screen is sent: first the whole screen, then the output as it comes. If its size is another one, or it
 * has fallen behind, it gets pictures of as much as fits instead, when it has read all before. It never holds anybody up.
 */
export const viewerOutput = (sink: ViewerSink, size: TerminalSize, screenOf: () => Screen | undefined) => {
  const view: View = {
    sink,
    screenOf,
    size,
    isRaw: false,
    began: false,
    shown: undefined,
    timer: undefined,
    draining: false,
    drawnAt: 0,
    since: 0,
    behind: false,
    over: false,
  }
  const close = () => {
    view.over = true
    clearTimeout(view.timer)
  }
  return {
    /** Output that the screen is about to take. */
    bytes(data: Buffer): void {
      view.since += data.length
      if (view.isRaw) sendOutput(view, data)
      schedule(view)
    },
    /** The screen is there, or another one. */
    ready(): void {
      view.isRaw = false
      show(view)
      schedule(view)
    },
    /** The screen or the viewer has another size: terminals make different things of a screen that grows or shrinks. */
    resized(next: TerminalSize = view.size): void {
      if (next.columns !== view.size.columns || next.rows !== view.size.rows) view.shown = undefined
      view.size = next
      if (screenOf() === undefined) return
      view.isRaw = false
      schedule(view)
    },
    /** The last of the screen. */
    end(): void {
      const screen = screenOf()
      if (!view.isRaw && screen !== undefined) sendPicture(view, screen)
      close()
    },
    close,
  }
}

export type ViewerOutput = ReturnType<typeof viewerOutput>
