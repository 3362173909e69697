import { maskKeys } from '../std/mask-keys.ts'
import { terminalLine } from '../std/terminal-safe.ts'

const LONGEST = 300
const UNSEEN = /<(style|script|title)\b[^>]*>[^<]*<\/\1>/gi
const TAG = /<[^<>]*>/g

/** What a proxy says on its page of an error: one line without tags, keys and control characters, at most 300 letters. */
export const proxyWords = (body: string): string => {
  const text = maskKeys(terminalLine(body.replace(UNSEEN, ' ').replace(TAG, ' ')))
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}...` : text
}
