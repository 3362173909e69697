export type Split = {
  readonly own: readonly string[]
  readonly rest: readonly string[] | null
  readonly dashed: string | null
  /** False with --no-color, which every command takes. */
  readonly colour: boolean
}

/** What must be known of a command to read its words. */
export type Grammar = {
  /** The value of an option that may stand alone, where the next word is not its value; undefined for all others. */
  readonly alone: (option: string, next: string | undefined) => string | undefined
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
export const splitArgv = (argv: readonly string[], { alone, takesNext, before }: Grammar): Split => {
  const own: string[] = []
  let dashed: string | null = null
  let colour = true
  let plain = 0
  const take = (word: string) => {
    if (word === '--no-color') colour = false
    else if (dashed === null && isProse(word)) dashed = word
    else own.push(word)
  }
  /** The value of an option: the next word, or one that the option has without a value. */
  const valueAfter = (word: string, next: string | undefined) => {
    const own = alone(word, next)
    if (own !== undefined) return { given: [own], taken: false }
    return next !== undefined && takesNext(word) ? { given: [next], taken: true } : { given: [], taken: false }
  }
  for (let at = 0; at < argv.length; at += 1) {
    const word = argv[at] ?? ''
    if (word === '--') return { own, rest: argv.slice(at + 1), dashed, colour }
    const isOption = word.startsWith('-') && word !== '-'
    if (!isOption && plain === before) return { own, rest: argv.slice(at), dashed, colour }
    if (!isOption) plain += 1
    take(word)
    if (!isOption) continue
    const value = valueAfter(word, argv[at + 1])
    own.push(...value.given)
    if (value.taken) at += 1
  }
  return { own, rest: null, dashed, colour }
}
