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

/** The bytes of a regular file. `refuse` says of what is none, of what cannot be read, and of more than `most` bytes. */
export const readRegular = async (
  path: string,
  {
    most,
    refuse,
    tooLarge,
  }: {
    readonly most: number
    readonly refuse: (why: string) => BerthError
    readonly tooLarge: (bytes: number) => string
  },
): Promise<Buffer> => {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((error: NodeJS.ErrnoException) => {
    throw refuse(WORDS[error.code ?? ''] ?? error.message)
  })
  try {
    const found = await file.stat()
    if (found.isDirectory()) throw refuse('it is a folder')
    if (!found.isFile()) throw refuse('it is not a regular file')
    if (found.size > most) throw refuse(tooLarge(found.size))
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
    const data = await readRegular(resolve(context.cwd, path), {
      most: left,
      refuse: (why) => new BerthError('bad-file', `--file ${path}: ${why}`),
      tooLarge: (bytes) => `with its ${formatBytes(bytes)} the files are over the limit of ${formatBytes(FILES_BYTES)}`,
    })
    left -= data.length
    files.push({ name: names[at] ?? '', data: data.toString('base64') })
  }
  return files
}
