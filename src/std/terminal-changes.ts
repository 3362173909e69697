// biome-ignore-all lint/suspicious/noControlCharactersInRegex: these are what a terminal obeys

/** What a program has changed of the terminal that it writes to, as far as the sequences that pass the filter say. */
export type TerminalChanges = {
  /** Takes a whole sequence that the filter lets pass. */
  take(sequence: string): void
  /** The sequences that undo all of it; the terminal is as it was then. */
  undo(): string
  /** True while the program uses the alternate screen. */
  readonly alternate: boolean
}

const CSI = '\u001b['
const ALTERNATE = [47, 1047, 1049]
/** It saves the cursor, and sets nothing. */
const SAVED_CURSOR = 1048

/** What undoes a change of one kind; `clean` are the sequences after which there is nothing to undo. */
const KINDS: readonly { readonly changes: RegExp; readonly clean: readonly string[]; readonly undo: string }[] = [
  { changes: /^\u001b\[[\d;:]*m$/, clean: [`${CSI}m`, `${CSI}0m`], undo: `${CSI}0m` },
  { changes: /^\u001b\(/, clean: ['\u001b(B'], undo: '\u001b(B' },
  { changes: /^\u001b\)/, clean: ['\u001b)B'], undo: '\u001b)B' },
  { changes: /^[\u000e\u000f]$/, clean: ['\u000f'], undo: '\u000f' },
  { changes: /^\u001b[=>]$/, clean: ['\u001b>'], undo: '\u001b>' },
  { changes: /^\u001b\[4[hl]$/, clean: [`${CSI}4l`], undo: `${CSI}4l` },
  { changes: /^\u001b\[\d* q$/, clean: [`${CSI} q`, `${CSI}0 q`], undo: `${CSI}0 q` },
  // A change of the region takes the cursor home.
  { changes: /^\u001b\[[\d;]*r$/, clean: [`${CSI}r`], undo: `\u001b7${CSI}r\u001b8` },
]
const MODES = /^\u001b\[\?([\d;]*)([hl])$/

/** `standard`: what a mode is until a program sets it. */
export const terminalChanges = (standard: (mode: number) => boolean): TerminalChanges => {
  const dirty = new Set<string>()
  const modes = new Map<number, boolean>()
  let alternate = false

  const takeMode = (mode: number, on: boolean) => {
    if (mode === SAVED_CURSOR) return
    if (ALTERNATE.includes(mode)) alternate = on
    else if (on === standard(mode)) modes.delete(mode)
    else modes.set(mode, on)
  }
  return {
    take(sequence) {
      const [, numbers, end] = MODES.exec(sequence) ?? []
      if (numbers !== undefined) {
        for (const mode of numbers.split(';')) takeMode(Number(mode), end === 'h')
        return
      }
      for (const { changes, clean, undo } of KINDS)
        if (clean.includes(sequence)) dirty.delete(undo)
        else if (changes.test(sequence)) dirty.add(undo)
    },
    undo() {
      const written = [...modes].map(([mode, on]) => `${CSI}?${mode}${on ? 'l' : 'h'}`)
      const all = [...written, ...dirty, ...(alternate ? [`${CSI}?1049l`] : [])].join('')
      dirty.clear()
      modes.clear()
      alternate = false
      return all
    },
    get alternate() {
      return alternate
    },
  }
}
