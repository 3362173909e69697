import { terminalChanges } from './terminal-changes.ts'
import { type TerminalPart, terminalParser } from './terminal-parser.ts'
import { TERMINAL_SEQUENCES } from './terminal-sequences.ts'

/** What of a stranger's bytes may reach the user's terminal; TERMINAL_SEQUENCES has the grammar. */
export type TerminalFilter = {
  /** What passes of the next bytes. A sequence that is not whole yet waits for its rest. */
  pass(data: Uint8Array): string
  /** The sequences that undo what passed: modes, colours, the alternate screen. */
  undo(): string
  /** True while the program uses the alternate screen. */
  readonly alternate: boolean
}

const passing = TERMINAL_SEQUENCES.flatMap(({ passes }) => (passes === null ? [] : [passes]))
const CONTROLS = new Set(passing.flatMap((one) => (one.kind === 'control' ? [...one.characters] : [])))
const ESCAPES = new Set(passing.flatMap((one) => (one.kind === 'escape' ? one.ends : [])))
const ENDS = new Map(
  passing.flatMap((one) => (one.kind === 'csi' ? one.ends.map((end) => [end, one.parameters] as const) : [])),
)
const MODES = new Map(
  passing.flatMap((one) => (one.kind === 'mode' ? one.modes.map((number) => [number, one] as const) : [])),
)
const RESETS = new Map(passing.flatMap((one) => (one.kind === 'reset' ? [[one.behindEsc, one.clears] as const] : [])))

const PARAMETERS = { numbers: /^[\d;]*$/, colours: /^[\d;:]*$/ }
const SEQUENCE = /^([<-?]?)([\d;:]*)([ -/]*[@-~])$/
/** No terminal has as many cells in a row; a larger number could keep one busy for long. */
export const LARGEST_NUMBER = 9999

const limited = (parameters: string): string =>
  parameters.replace(/\d{5,}/g, (number) => String(Math.min(Number(number), LARGEST_NUMBER)))

/** `? 25 ; 2004 h` with the modes that pass; null where none does. */
const passedModes = (numbers: string, end: string, input: boolean): string | null => {
  const kept = numbers.split(';').filter((number) => {
    const mode = /^\d{1,4}$/.test(number) ? MODES.get(Number(number)) : undefined
    return mode !== undefined && (input || mode.input !== true)
  })
  return kept.length === 0 ? null : `\u001b[?${kept.join(';')}${end}`
}

/** A control sequence as it may be written; null where it may not. */
const passedSequence = (text: string, input: boolean): string | null => {
  const [, marker, parameters = '', end = ''] = SEQUENCE.exec(text) ?? []
  if (marker === '?' && (end === 'h' || end === 'l')) return passedModes(parameters, end, input)
  const allowed = ENDS.get(end)
  if (marker !== '' || allowed === undefined) return null
  const passes = typeof allowed === 'string' ? PARAMETERS[allowed].test(parameters) : allowed.includes(parameters)
  return passes ? `\u001b[${limited(parameters)}${end}` : null
}

/** A part as it may be written; null where it may not. */
const passedPart = ({ kind, text }: TerminalPart, input: boolean): string | null => {
  if (kind === 'control') return CONTROLS.has(text) ? text : null
  if (kind === 'escape') return ESCAPES.has(text) ? `\u001b${text}` : null
  return kind === 'sequence' ? passedSequence(text, input) : text
}

const resetOf = ({ kind, text }: TerminalPart): boolean | undefined =>
  kind === 'escape' || kind === 'sequence' ? RESETS.get(kind === 'sequence' ? `[${text}` : text) : undefined

/**
 * A filter for one terminal. However its input is cut into pieces, its output is the same; it consists of whole sequences
 * of the grammar alone. `input: false` is for somebody who types nothing: the filter then drops what would make the
 * terminal send more than the user types.
 */
export const terminalFilter = ({ input = true } = {}): TerminalFilter => {
  const changes = terminalChanges((mode) => MODES.get(mode)?.standard ?? false)
  let passed = ''
  const parse = terminalParser((part) => {
    const clears = resetOf(part)
    if (clears !== undefined) {
      passed += changes.undo() + (clears ? '\u001b[H\u001b[2J' : '')
      return
    }
    const written = passedPart(part, input)
    if (written === null) return
    if (part.kind !== 'text') changes.take(written)
    passed += written
  })
  return {
    pass(data) {
      passed = ''
      parse(data)
      return passed
    },
    undo: changes.undo,
    get alternate() {
      return changes.alternate
    },
  }
}
