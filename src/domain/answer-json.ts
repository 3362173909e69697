import { errorMessage } from '../std/error-message.ts'
import { type Parsed, parsed, unparsed } from '../std/parsed.ts'

/** What walks through a value calls itself at each level. */
const MOST_LEVELS = 200

const isDeep = (value: unknown): boolean => {
  let level = [value]
  for (let depth = 0; depth <= MOST_LEVELS; depth += 1) {
    level = level.flatMap((one) => (typeof one === 'object' && one !== null ? Object.values(one) : []))
    if (level.length === 0) return false
  }
  return true
}

const read = (text: string): Parsed<unknown> => {
  try {
    const value: unknown = JSON.parse(text)
    return isDeep(value) ? unparsed(`it has more than ${MOST_LEVELS} levels`) : parsed(value)
  } catch (error) {
    return unparsed(errorMessage(error))
  }
}

/** A line that opens or closes a block of Markdown. */
const fenceOf = (line: string): { readonly mark: string; readonly info: string } | undefined => {
  const text = line.trim()
  const mark = /^(?:`{3,}|~{3,})/.exec(text)?.[0]
  return mark === undefined ? undefined : { mark, info: text.slice(mark.length).trim().toLowerCase() }
}

/** The last closed block that is JSON by its name, or has no name. */
const lastBlock = (message: string): string | undefined => {
  let open: { readonly mark: string; readonly info: string; readonly lines: string[] } | undefined
  let last: string | undefined
  for (const line of message.split('\n')) {
    const fence = fenceOf(line)
    if (open === undefined) {
      if (fence !== undefined) open = { ...fence, lines: [] }
    } else if (fence?.info === '' && fence.mark.startsWith(open.mark)) {
      if (open.info === '' || open.info === 'json') last = open.lines.join('\n')
      open = undefined
    } else open.lines.push(line)
  }
  return last
}

/** The JSON value of an agent's message: the whole message, or the last block of it that is fenced as JSON. */
export const answerJson = (message: string): Parsed<unknown> => {
  if (message.trim() === '') return unparsed('there is no message')
  const whole = read(message)
  if (whole.ok) return whole
  const block = lastBlock(message)
  const inner = block === undefined ? whole : read(block)
  return inner.ok ? inner : unparsed(`the message is no JSON that Berth takes: ${inner.error}`)
}
