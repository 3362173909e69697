import { formatBytes } from '../std/bytes.ts'
import type { RawChange } from './raw-changes.ts'

const NONE = '000000'
const ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\t': '\\t', '\r': '\\r', '"': '\\"', '\\': '\\\\' }

/** As git quotes a path; latin1 text holds its bytes. */
const quote = (path: string): string => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what git quotes
  const special = /[\x00-\x1f"\\\x7f-\xff]/g
  if (!special.test(path)) return path
  const octal = (letter: string) => `\\${letter.charCodeAt(0).toString(8).padStart(3, '0')}`
  return `"${path.replace(special, (letter) => ESCAPES[letter] ?? octal(letter))}"`
}

const inWords = ({ before, after }: RawChange): string => {
  if (before.mode === NONE) return formatBytes(after.bytes)
  if (after.mode === NONE) return `${formatBytes(before.bytes)}, removed`
  return `${formatBytes(before.bytes)}, now ${formatBytes(after.bytes)}`
}

/** A file that is too large to be compared, in the words of a patch without its content: `git apply` refuses it. */
export const saidInPatch = (change: RawChange): string => {
  const { path, before, after } = change
  const modes =
    before.mode === NONE
      ? [`new file mode ${after.mode}`]
      : after.mode === NONE
        ? [`deleted file mode ${before.mode}`]
        : before.mode === after.mode
          ? []
          : [`old mode ${before.mode}`, `new mode ${after.mode}`]
  const [a, b] = [quote(`a/${path}`), quote(`b/${path}`)]
  return [
    `diff --git ${a} ${b}`,
    ...modes,
    `index ${before.sha}..${after.sha}`,
    `Binary files ${before.mode === NONE ? '/dev/null' : a} and ${after.mode === NONE ? '/dev/null' : b} differ`,
    `too large to show: ${quote(path)}: ${inWords(change)}`,
    '',
  ].join('\n')
}

export const saidInStat = (change: RawChange): string => ` ${quote(change.path)} | not compared: ${inWords(change)}\n`

export const saidInNames = (change: RawChange): string => `${quote(change.path)}\n`
