const NEWLINE = 10
const BEGIN = 'diff --git '
const RENAMED = 'rename to '
const HUNK = /^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@/
/** A header has two paths at most; what is longer is passed on unread. */
const LONGEST = 64 * 1024
const ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  t: '\t',
  n: '\n',
  v: '\v',
  f: '\f',
  r: '\r',
  '"': '"',
  '\\': '\\',
}

const unquoted = (word: string): string =>
  word.startsWith('"')
    ? word
        .slice(1, -1)
        .replace(/\\([0-7]{3}|.)/g, (_, one: string) => ESCAPES[one] ?? String.fromCharCode(Number.parseInt(one, 8)))
    : word

/** The same path twice, `a/PATH b/PATH`; of a renamed file a later line says its new path. */
const pathOf = (header: string): string => {
  const words = header.slice(BEGIN.length)
  return unquoted(words.slice(0, (words.length - 1) / 2)).slice(2)
}

/** A file of a patch; its path is bytes, as latin1 text, and `shown` as the patch has it. */
export type PatchFile = {
  path: string
  shown: string
  binary: boolean
  insertions: number
  deletions: number
}

/**
 * Reads a git patch piece by piece and gives the parts of the wanted files; counts their lines. It keeps no more than one
 * header in memory. A renamed file is chosen by its place in the patch, and has its new name afterwards.
 */
export const patchFiles = (wanted: (path: string) => boolean) => {
  const files: PatchFile[] = []
  let file: PatchFile | null = null
  let old = 0
  let now = 0
  let held: Buffer[] = []
  let size = 0
  let sign = ''

  const begin = (header: string) => {
    const path = pathOf(header)
    const words = header.slice(BEGIN.length)
    const shown = words.slice(0, (words.length - 1) / 2).replace(/^("?)a\//, '$1')
    file = wanted(path) ? { path, shown, binary: false, insertions: 0, deletions: 0 } : null
    if (file !== null) files.push(file)
  }
  /** A line between hunks is over. */
  const header = (text: string) => {
    if (text.startsWith(BEGIN)) return begin(text)
    const hunk = HUNK.exec(text)
    if (hunk !== null) [old, now] = [Number(hunk[1] ?? 1), Number(hunk[2] ?? 1)]
    else if (file === null) return
    else if (text === 'GIT binary patch' || text.startsWith('Binary files ')) file.binary = true
    else if (text.startsWith(RENAMED)) {
      file.shown = text.slice(RENAMED.length)
      file.path = unquoted(file.shown)
    }
  }
  /** A line of a hunk is over. */
  const counted = () => {
    if (file !== null && sign === '+') file.insertions += 1
    if (file !== null && sign === '-') file.deletions += 1
    if (sign !== '+' && sign !== '\\') old -= 1
    if (sign !== '-' && sign !== '\\') now -= 1
    sign = ''
  }
  /** A piece of a line; true where the line ends with it. */
  const part = (bytes: Buffer, ends: boolean): readonly Buffer[] => {
    if (old > 0 || now > 0) {
      sign ||= String.fromCharCode(bytes[0] ?? 0)
      if (ends) counted()
      return file === null ? [] : [bytes]
    }
    held.push(bytes)
    size += bytes.length
    if (!ends && size < LONGEST) return []
    const line = Buffer.concat(held)
    held = []
    size = 0
    header(line.toString('latin1').replace(/\n$/, ''))
    return file === null ? [] : [line]
  }
  return {
    files: files as readonly PatchFile[],
    *take(piece: Buffer): Generator<Buffer> {
      let start = 0
      for (let end = piece.indexOf(NEWLINE); end >= 0; end = piece.indexOf(NEWLINE, start)) {
        yield* part(piece.subarray(start, end + 1), true)
        start = end + 1
      }
      if (start < piece.length) yield* part(piece.subarray(start), false)
    },
  }
}

const many = (count: number, one: string, more: string) => (count === 0 ? [] : [`${count} ${count === 1 ? one : more}`])

/** Files and counts, as `git diff --stat` has them without its bars. */
export const patchStat = (files: readonly PatchFile[]): string => {
  if (files.length === 0) return ''
  const rows = files.map(
    (one) =>
      ` ${one.shown} | ${one.binary ? 'Bin' : `${one.insertions + one.deletions} (+${one.insertions} -${one.deletions})`}\n`,
  )
  const sum = (key: 'insertions' | 'deletions') => files.reduce((all, one) => all + one[key], 0)
  const words = [
    ...many(files.length, 'file changed', 'files changed'),
    ...many(sum('insertions'), 'insertion(+)', 'insertions(+)'),
    ...many(sum('deletions'), 'deletion(-)', 'deletions(-)'),
  ]
  return `${rows.join('')} ${words.join(', ')}\n`
}
