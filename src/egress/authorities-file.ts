import { readFileSync } from 'node:fs'
import { replaceFile } from '../std/replace-file.ts'
import { hostAuthorities } from './host-authorities.ts'
import { readAuthorities } from './read-authorities.ts'

const contentOf = (path: string): string | null => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}

/** Writes the system's authorities and those of a file into one, for programs that take a single file. Gives its path. */
export const authoritiesFile = (path: string) => (caFile: string) => {
  const all = new Set([...hostAuthorities(), ...readAuthorities(caFile)])
  const text = `${[...all].join('\n')}\n`
  if (contentOf(path) !== text) replaceFile(path, text)
  return path
}
