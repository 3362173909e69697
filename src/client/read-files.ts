import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { BerthError } from '../domain/errors.ts'
import { FILES_BYTES, fileNames, MOST_FILES } from '../domain/turn-file.ts'
import { formatBytes } from '../std/bytes.ts'
import type { ClientContext } from './context.ts'

export type SentFile = { readonly name: string; readonly data: string }

const WORDS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file',
  EACCES: 'it cannot be read',
}

/** One file's bytes, where it is a regular file that has no more than `left`. */
const readOne = async (context: ClientContext, path: string, left: number): Promise<Buffer> => {
  const refuse = (why: string) => new BerthError('bad-file', `--file ${path}: ${why}`)
  const file = await open(resolve(context.cwd, path), constants.O_RDONLY | constants.O_NONBLOCK).catch(
    (error: NodeJS.ErrnoException) => {
      throw refuse(WORDS[error.code ?? ''] ?? error.message)
    },
  )
  try {
    const found = await file.stat()
    if (found.isDirectory()) throw refuse('it is a folder; name its files')
    if (!found.isFile()) throw refuse('it is not a regular file')
    if (found.size > left)
      throw refuse(`with its ${formatBytes(found.size)} the files are over the limit of ${formatBytes(FILES_BYTES)}`)
    return await file.readFile()
  } finally {
    await file.close()
  }
}

/** The files of --file, ready to be sent with a prompt. */
export const readFiles = async (
  context: ClientContext,
  paths: readonly string[] = [],
): Promise<readonly SentFile[]> => {
  if (paths.length > MOST_FILES)
    throw new BerthError('bad-file', `--file: ${paths.length} files; a prompt takes at most ${MOST_FILES}`)
  const names = fileNames(paths.map((path) => basename(resolve(context.cwd, path))))
  const files: SentFile[] = []
  let left = FILES_BYTES
  for (const [at, path] of paths.entries()) {
    const data = await readOne(context, path, left)
    left -= data.length
    files.push({ name: names[at] ?? '', data: data.toString('base64') })
  }
  return files
}
