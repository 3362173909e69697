import { readFile } from 'node:fs/promises'
import { BerthError } from '../../domain/errors.ts'
import { readProfileFile } from './read-profile-file.ts'

/** The names of the loaded profiles, a line each with its mode; only root may read it on most machines. */
export const LOADED_PROFILES = '/sys/kernel/security/apparmor/profiles'

const NAMED = /^[ \t]*profile[ \t]+(?:"([^"\n]+)"|([^\s{"]+))/m

/** The name of the first profile that the file has. */
const nameIn = async (path: string): Promise<string> => {
  const refuse = (why: string) => new BerthError('bad-profile', `--apparmor-profile ${path}: ${why}`)
  const text = await readProfileFile(path).catch((error: Error) => {
    throw refuse(error.message)
  })
  const [, quoted, plain] = NAMED.exec(text) ?? []
  const name = quoted ?? plain
  if (name === undefined) throw refuse('it names no profile (profile NAME { ... })')
  return name
}

const loadedNames = async (path: string | null): Promise<readonly string[] | undefined> => {
  if (path === null) return undefined
  try {
    return (await readFile(path, 'utf8')).split('\n').map((line) => line.replace(/ \(\w+\)$/, ''))
  } catch {
    return undefined
  }
}

/** The name of the profile that --apparmor-profile means, by its name or its file. BerthError where the kernel has not loaded it, as far as it says so. */
export const readApparmor = async (asked: string, loaded: string | null): Promise<string> => {
  const names = await loadedNames(loaded)
  // A profile may have the name of a program's file.
  if (asked === 'unconfined' || names?.includes(asked)) return asked
  const isFile = asked.startsWith('/')
  const name = isFile ? await nameIn(asked) : asked
  if (names === undefined || names.includes(name)) return name
  const load = isFile ? ` Load it as root: \`apparmor_parser -r ${asked}\`.` : ''
  throw new BerthError('bad-profile', `--apparmor-profile ${asked}: the kernel has no profile ${name} loaded`, {
    hint: `\`aa-status\` lists the loaded profiles.${load}`,
  })
}
