import { errorText } from './error-text.ts'

const CODES = new Set(['context_length_exceeded', 'string_above_max_length'])
const WORDS = /context[_ ](?:length|window)|maximum context|prompt is too long|input token count .* exceeds/i
/** Overflows with at most a summary between each two. A CLI that gets over one has more answers before the next. */
const MOST = 4

export const isOverflow = (status: number, body: string): boolean => {
  if (status !== 400 && status !== 413) return false
  const { code, text } = errorText(body)
  return CODES.has(code) || WORDS.test(text)
}

export type OverflowLoop = {
  readonly answered: () => void
  /** True where the conversation overflows again and again: the CLI shortens it in vain, and would do so for ever. */
  readonly overflowed: () => boolean
}

export const overflowLoop = (): OverflowLoop => {
  let times = 0
  let answers = 0
  return {
    answered: () => {
      answers += 1
    },
    overflowed: () => {
      times = answers > 1 ? 1 : times + 1
      answers = 0
      return times >= MOST
    },
  }
}
