/** A line that `--print-logs` puts on stderr: `timestamp=... level=INFO run=... message="..." key=value ...`. */
export type LogLine = { readonly level: string; readonly field: (name: string) => string }

const unquote = (value: string): string => {
  try {
    return String(JSON.parse(value))
  } catch {
    return value
  }
}

/** Undefined for a line that is none of opencode's log. */
export const opencodeLog = (line: string): LogLine | undefined => {
  const level = /^timestamp=\S+ +level=([A-Z]+) /.exec(line)?.[1]
  if (level === undefined) return undefined
  const field = (name: string) => {
    const found = new RegExp(` ${name.replaceAll('.', '\\.')}=("(?:[^"\\\\]|\\\\.)*"|\\S*)`).exec(line)?.[1] ?? ''
    return found.startsWith('"') ? unquote(found) : found
  }
  return { level, field }
}
