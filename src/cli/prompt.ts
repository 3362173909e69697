import { fstatSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { BerthError } from '../domain/errors.ts'
import type { Context } from './context.ts'

const fromStdin = async ({ stdin }: Context): Promise<string> => {
  const chunks: Buffer[] = []
  for await (const chunk of stdin) chunks.push(Buffer.from(chunk as Buffer))
  return Buffer.concat(chunks).toString('utf8')
}

const fromFile = async (context: Context, path: string): Promise<string> => {
  if (path === '-') return await fromStdin(context)
  try {
    return await readFile(resolve(context.cwd, path), 'utf8')
  } catch (error) {
    if (error instanceof BerthError) throw error
    const why = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : (error as Error).message
    throw new BerthError('bad-file', `--prompt-file ${path}: ${why}`, { hint: 'Name a text file that you may read.' })
  }
}

/** Somebody has put a pipe or a file there for this command. */
const isPiped = (): boolean => {
  try {
    const stat = fstatSync(0)
    return stat.isFIFO() || stat.isFile() || stat.isSocket()
  } catch {
    return false
  }
}

/** The prompt: the arguments, the file of --prompt-file, or standard input for a lone `-` and where it is piped in. */
export const readPrompt = async (context: Context, words: readonly string[], file?: string): Promise<string> => {
  if (file !== undefined && words.length > 0)
    throw new BerthError('usage', `--prompt-file ${file}: there is a prompt on the command line too`)
  if (file !== undefined) return await fromFile(context, file)
  if (words.length === 1 && words[0] === '-') return await fromStdin(context)
  if (words.length > 0) return words.join(' ')
  const piped = isPiped() ? await fromStdin(context) : ''
  if (piped.trim() === '') throw new BerthError('empty-prompt', 'no prompt is given')
  return piped
}
