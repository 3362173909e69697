const LONGEST = 100

/** Imperatives that end as other forms do. */
const IMPERATIVES = new Set(
  'bring ping ring string swing wing embed exceed feed heed need proceed seed shed speed succeed alias bias focus'.split(
    ' ',
  ),
)

/** Irregular pasts, and words that begin a noun phrase or a clause. */
const OTHERS = new Set(
  'made was were is are has had did went gave took kept sent told wrote ran built held began came got a an the its their this that these those some all each every more further no not new what who when where how why in on of for with from to'.split(
    ' ',
  ),
)

const isImperative = (word: string) =>
  IMPERATIVES.has(word) || !(OTHERS.has(word) || /(ed|ing|[^su]s)$/.test(word) || /^[^a-z]/.test(word))

/** What is wrong with a commit's subject; undefined if it is `subsystem: do what`. */
export const subjectFault = (subject: string): string | undefined => {
  if (/^Revert "/.test(subject)) return undefined
  const [, verb] = /^[a-z0-9][\w./-]*(?:, [a-z0-9][\w./-]*)*: ([^\s,;:]+)/.exec(subject) ?? []
  if (verb === undefined) return 'names no subsystem: write `subsystem: do what`'
  if (!isImperative(verb)) return `"${verb}" is not an imperative: begin with a verb such as add, refuse, show`
  if (subject.length > LONGEST) return `has ${subject.length} characters: ${LONGEST} at most`
  if (subject.endsWith('.')) return 'ends with a dot'
  return undefined
}
