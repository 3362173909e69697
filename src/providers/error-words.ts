import type { AgentErrorClass } from '../domain/event.ts'

/** A status is told as one: at the beginning or the end, behind a word for it, or in brackets; and it counts nothing. */
const STATUS =
  /\b([45]\d\d)\W{0,3}$|(?:^\W{0,3}|\b(?:status|http(?:\/[\d.]+)?|error|code|response|returned|answered|got|with|failed)\b\W{0,3}(?:code\W{0,3})?|[([{"']\s{0,2})([45]\d\d)(?![\w.,/%-]*\d)(?![\w/%])(?!\s(?:uncommitted |untracked |changed |new |other |more )?(?:files?|lines?|bytes?|tokens?|commits?|warnings?|errors?|tests?|items?|changes|objects?|entries|insertions?|deletions?|seconds?|minutes?|times|[kmg]i?b|m?s)\b)/gi
/** Names of files and folders tell of the work, not of the model. */
const PATHS =
  /(?<![\w.@~+-])(?!HTTP\/\d)[\w.@~+-]*\/[\w.@~+/-]*|(?<![\w.-])[\w.-]+\.(?:[cm]?[jt]sx?|py|rs|go|md|json|ya?ml|toml|txt|lock|rb|java|c|h|cpp|sh|css|html?)\b/g

/** The cause stands at an error's beginning; patterns over all of a long line can take minutes. */
const LONGEST = 4096

/** Words of an error with an x for each name of a file in them. */
export const withoutPaths = (words: string): string => words.slice(0, LONGEST).replace(PATHS, ' x')

/** The HTTP statuses that words tell of; a number of files, of a line or in a name is none. */
export const statusesIn = (words: string): readonly number[] =>
  [...withoutPaths(words).matchAll(STATUS)].map((found) => Number(found[1] ?? found[2]))

const classOfStatus = (status: number): AgentErrorClass => {
  if (status === 429) return 'rate-limit'
  if (status === 401 || status === 403) return 'auth'
  return status >= 500 ? 'network' : 'model'
}

/** What words of an error tell of, by the first row that fits: of its words, or of a status of its class. */
export const byWords = (
  rows: readonly (readonly [AgentErrorClass, RegExp])[],
  text: string,
): AgentErrorClass | undefined => {
  const words = withoutPaths(text)
  const byStatus = new Set(statusesIn(text).map(classOfStatus))
  return rows.find(([kind, pattern]) => byStatus.has(kind) || pattern.test(words))?.[0]
}
