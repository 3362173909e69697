export type Split = {
  readonly own: readonly string[]
  readonly rest: readonly string[] | null
  readonly dashed: string | null
  /** False with --no-color, which every command takes. */
  readonly colour: boolean
}

/** What must be known of a command to read its words. */
export type Grammar = {
  /** The option takes the next word as its value, whatever that looks like. */
  readonly takesNext: (option: string) => boolean
  /** So many words that are no options stand before a foreign command line; null where there is none. */
  readonly before: number | null
}

const isProse = (word: string): boolean => word.startsWith('-') && /\s/.test(word) && !/^\S*=/.test(word)

/**
 * Takes what stands after `--` off a command line: it is the agent's. Where no prompt stands before it, its first word
 * is the prompt. A word that begins with a dash and holds white space is a prompt too, unless an option takes it as its value.
 */
export const splitArgv = (argv: readonly string[], { takesNext, before }: Grammar): Split => {
  const own: string[] = []
  let dashed: string | null = null
  let colour = true
  let plain = 0
  const take = (word: string) => {
    if (word === '--no-color') colour = false
    else if (dashed === null && isProse(word)) dashed = word
    else own.push(word)
  }
  for (let at = 0; at < argv.length; at += 1) {
    const word = argv[at] ?? ''
    if (word === '--') return { own, rest: argv.slice(at + 1), dashed, colour }
    const isOption = word.startsWith('-') && word !== '-'
    if (!isOption && plain === before) return { own, rest: argv.slice(at), dashed, colour }
    if (!isOption) plain += 1
    take(word)
    if (isOption && takesNext(word) && at + 1 < argv.length) {
      at += 1
      own.push(argv[at] ?? '')
    }
  }
  return { own, rest: null, dashed, colour }
}
