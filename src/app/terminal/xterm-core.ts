import type { IBufferCell, Terminal } from '@xterm/headless'

/** The look of a character, as xterm keeps it for cells and for the cursor. */
export type Look = Pick<
  IBufferCell,
  | 'getFgColor'
  | 'getBgColor'
  | 'isFgRGB'
  | 'isBgRGB'
  | 'isFgPalette'
  | 'isBgPalette'
  | 'isBold'
  | 'isDim'
  | 'isItalic'
  | 'isBlink'
  | 'isInverse'
  | 'isInvisible'
  | 'isStrikethrough'
  | 'isOverline'
> & {
  readonly fg: number
  getUnderlineStyle(): number
  readonly extended: { readonly underlineColor: number }
}

type CoreBuffer = {
  readonly x: number
  readonly y: number
  readonly ybase: number
  readonly scrollTop: number
  readonly scrollBottom: number
  readonly savedX: number
  readonly savedY: number
  readonly savedCurAttrData: Look
  readonly savedCharset: object | undefined
  readonly tabs: Readonly<Record<number, boolean>>
}

type Command = (params: { readonly params: readonly number[] }) => boolean

/**
 * What xterm has no public name for, and a screen consists of all the same. Its names are those of the version in the
 * lockfile; the tests of `snapshot.ts` fail where a later one has others.
 */
export type Core = {
  /** Parses at once; without handlers of our own, nothing in xterm's parser waits. */
  writeSync(data: Uint8Array | string): void
  readonly buffers: { readonly normal: CoreBuffer; readonly alt: CoreBuffer; readonly active: CoreBuffer }
  readonly coreService: {
    readonly isCursorHidden: boolean
    readonly decPrivateModes: { readonly applicationKeypad: boolean }
  }
  readonly coreMouseService: { readonly activeEncoding: string }
  readonly optionsService: {
    readonly options: { readonly cursorStyle: string; readonly cursorBlink: boolean; readonly convertEol: boolean }
  }
  readonly _charsetService: {
    readonly glevel: number
    readonly charset: object | undefined
    readonly _charsets: readonly (object | undefined)[]
  }
  readonly _inputHandler: {
    readonly eraseInDisplay: Command
    readonly repeatPrecedingCharacter: Command
    readonly cursorForwardTab: Command
    readonly cursorBackwardTab: Command
    readonly insertLines: Command
    readonly deleteLines: Command
    readonly scrollUp: Command
    readonly scrollDown: Command
    readonly _curAttrData: Look
    readonly _parser: { precedingJoinState: number }
  }
}

export const coreOf = (terminal: Terminal): Core => (terminal as unknown as { readonly _core: Core })._core
