import { createInterface } from 'node:readline'
import type { Context } from './context.ts'

/** Asks a person at the terminal; anything but yes is no, and so is the end of the input. */
export const askYes = async ({ stdin, stderr }: Context, question: string): Promise<boolean> => {
  stderr.write(`${question} [y/N] `)
  const lines = createInterface({ input: stdin, terminal: false })
  const answer = await new Promise<string>((resolve) => {
    lines.once('line', resolve)
    lines.once('close', () => resolve(''))
  })
  lines.close()
  return /^y(?:es)?$/i.test(answer.trim())
}
