import { firstLine } from '../std/first-line.ts'
import { terminalLine, terminalSafe } from '../std/terminal-safe.ts'

/** GitHub takes 256 characters of a title and 65,536 of a body, of which people may want some. */
const TITLE = 200
const BODY = 65_000
const SUMMARY = 20_000

const NO_SUMMARY = 'The agent wrote no summary.'
const CUT = '\n\n[Berth left out the rest of the summary.]'

const begin = (task: string) => `<!-- berth:${task} begin: Berth replaces the text from here to the next mark -->`
const end = (task: string) => `<!-- berth:${task} end -->`
const trailer = (task: string) => `Berth-Task: ${task}`

const cut = (text: string): string => {
  if (text.length <= SUMMARY) return text
  return `${text.slice(0, SUMMARY).toWellFormed()}${CUT}`
}

/** A stranger's text that can hold no mark and no trailer: comments are shown, and the trailer's name is no name. */
const harmless = (text: string): string =>
  terminalSafe(text)
    .replaceAll('<!--', '&lt;!--')
    .replace(/Berth-Task(?=\s*:)/gi, 'Berth\\-Task')

const section = (task: string, summary: string): string => {
  const text = cut(harmless(cut(summary)).trim())
  return `${begin(task)}\n${text === '' ? NO_SUMMARY : text}\n${end(task)}`
}

/** The body of a new pull request: the agent's summary between marks, and the task's trailer. */
export const pullRequestBody = (task: string, summary: string): string =>
  `${section(task, summary)}\n\n${trailer(task)}`

/** Where the task's part of a body is; undefined where a person has taken a mark away. */
const partOf = (task: string, body: string): readonly [from: number, to: number] | undefined => {
  const from = body.indexOf(`<!-- berth:${task} begin`)
  const to = body.indexOf(end(task), from + 1)
  return from === -1 || to === -1 ? undefined : [from, to + end(task).length]
}

/** True if the body has the trailer of this task, on a line of its own and not in the summary. */
export const isOfTask = (task: string, body: string): boolean => {
  const [from, to] = partOf(task, body) ?? [0, 0]
  const rest = `${body.slice(0, from)}\n${body.slice(to)}`
  return rest.split(/\r?\n/).some((line) => line.trim() === trailer(task))
}

const withSummary = (task: string, body: string, summary: string): string => {
  const part = partOf(task, body)
  if (part !== undefined) return `${body.slice(0, part[0])}${section(task, summary)}${body.slice(part[1])}`
  if (isOfTask(task, body)) return body
  const before = body.trimEnd()
  return `${before}${before === '' ? '' : '\n\n'}${pullRequestBody(task, summary)}`
}

/**
 * The body with another summary. All that people wrote stays as it is: text around the marks, and the whole body if they
 * took a mark away or left no room. A body without the task's trailer gets the task's part at its end.
 */
export const updatedBody = (task: string, body: string, summary: string): string => {
  const updated = withSummary(task, body, summary)
  return updated.length > BODY ? body : updated
}

/** The first of these texts that says something, as a title. */
export const pullRequestTitle = (task: string, texts: readonly (string | undefined)[]): string => {
  for (const text of texts) {
    const title = terminalLine(firstLine(text ?? ''))
    if (title === '') continue
    return title.length > TITLE ? `${title.slice(0, TITLE - 1).toWellFormed()}…` : title
  }
  return `Work of the task ${task}`
}
