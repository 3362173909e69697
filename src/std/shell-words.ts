const inDouble = (command: string, start: number): { text: string; end: number } | undefined => {
  let text = ''
  for (let i = start; i < command.length; i += 1) {
    const c = command[i] as string
    if (c === '"') return { text, end: i + 1 }
    const next = command[i + 1]
    if (c === '\\' && next !== undefined && '$`"\\\n'.includes(next)) {
      text += next === '\n' ? '' : next
      i += 1
    } else {
      text += c
    }
  }
  return undefined
}

/** One quoted piece of a word; undefined where a quote is left open. */
const piece = (command: string, at: number): { text: string; end: number } | undefined => {
  const c = command[at] as string
  if (c === "'") {
    const close = command.indexOf("'", at + 1)
    return close < 0 ? undefined : { text: command.slice(at + 1, close), end: close + 1 }
  }
  if (c === '"') return inDouble(command, at + 1)
  if (c === '\\') return at + 1 < command.length ? { text: command[at + 1] as string, end: at + 2 } : undefined
  return { text: c, end: at + 1 }
}

/** Words of a command line by a shell's quoting alone (nothing is expanded); undefined where a quote is left open. */
export const shellWords = (command: string): readonly string[] | undefined => {
  const words: string[] = []
  let word: string | undefined
  let at = 0
  while (at < command.length) {
    if (/\s/.test(command[at] as string)) {
      if (word !== undefined) words.push(word)
      word = undefined
      at += 1
      continue
    }
    const next = piece(command, at)
    if (next === undefined) return undefined
    word = (word ?? '') + next.text
    at = next.end
  }
  return word === undefined ? words : [...words, word]
}

/** The command itself out of `/bin/bash -lc '...'`; anything else as it is. */
export const unwrapShell = (command: string): string => {
  if (!/^\S*\/?(?:ba|z)?sh -l?c /.test(command)) return command
  const words = shellWords(command)
  return words?.length === 3 ? (words[2] as string) : command
}
