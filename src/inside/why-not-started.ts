import { statSync } from 'node:fs'
import type { Program } from './started-program.ts'

const isFolder = (path: string) => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true

/** In words. */
export const whyNotStarted = ({ argv, cwd }: Program, error: NodeJS.ErrnoException): string => {
  const what = `started ${argv[0]}`
  // The same code is given for both.
  if (!isFolder(cwd)) return `${what} in ${cwd}: there is no such folder`
  if (error.code === 'ENOENT') return `${what}: there is no such program (ENOENT)`
  if (error.code === 'EACCES') return `${what}: it may not be executed (EACCES)`
  if (error.code === 'E2BIG') return `${what}: its arguments and environment are too large (E2BIG)`
  return `${what}: ${error.message}`
}
