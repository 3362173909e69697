import { formatBytes } from '../std/bytes.ts'
import { type Parsed, parsed, unparsed } from '../std/parsed.ts'

/** The most that the text of a startup script may have. */
export const STARTUP_BYTES = 256 * 1024

/** Where the worker puts it, below the agent's home. */
export const STARTUP_FILE = '.berth/startup'

/** Why a script of this size is refused. */
export const tooLongScript = (bytes: number): string =>
  `it has ${formatBytes(bytes)}, and a startup script at most ${formatBytes(STARTUP_BYTES)}`

/** The text of a startup script, from the bytes of its file. */
export const scriptText = (bytes: Uint8Array): Parsed<string> => {
  if (bytes.length === 0) return unparsed('it is empty')
  if (bytes.length > STARTUP_BYTES) return unparsed(tooLongScript(bytes.length))
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    return text.includes('\0') ? unparsed('it has a NUL byte') : parsed(text)
  } catch {
    return unparsed('it is not a text in UTF-8')
  }
}
