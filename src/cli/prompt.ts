import { BerthError } from '../domain/errors.ts'
import type { Context } from './context.ts'

/** The prompt: the arguments, or standard input for a lone `-`. */
export const readPrompt = async (context: Context, words: readonly string[]): Promise<string> => {
  if (words.length === 1 && words[0] === '-') {
    const chunks: Buffer[] = []
    for await (const chunk of context.stdin) chunks.push(Buffer.from(chunk as Buffer))
    return Buffer.concat(chunks).toString('utf8')
  }
  if (words.length === 0) throw new BerthError('empty-prompt', 'no prompt is given')
  return words.join(' ')
}
