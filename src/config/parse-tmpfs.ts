import type { Tmpfs } from '../domain/container-spec.ts'
import { parseBytes } from '../std/bytes.ts'
import { mountTarget } from './mount-target.ts'

const FORM = 'PATH or PATH:OPTION,OPTION'
const KNOWN = 'rw, ro, exec, noexec, nosuid, nodev, size=SIZE and mode=OCTAL'

type Options = { readonly access: string; readonly exec: string; readonly mode: string; readonly size: string | null }

/** As engines have it, save for the mode: the agent is not root, and a folder that only root may write is of no use to it. */
const USUAL: Options = { access: 'rw', exec: 'noexec', mode: '1777', size: null }

const sizeOf = (text: string, shown: string): string => {
  const size = parseBytes(text)
  if (!size.ok) throw new Error(`in ${shown} ${size.error}`)
  if (size.value === 0) throw new Error(`in ${shown} the size is 0`)
  return `${size.value}`
}

const withOption = (options: Options, option: string, shown: string): Options => {
  const [name = '', value] = option.split('=', 2)
  if (option === 'rw' || option === 'ro') return { ...options, access: option }
  if (option === 'exec' || option === 'noexec') return { ...options, exec: option }
  if (option === 'nosuid' || option === 'nodev') return options
  if (name === 'size' && value !== undefined) return { ...options, size: sizeOf(value, shown) }
  if (name === 'mode' && value !== undefined && /^[01]?[0-7]{3}$/.test(value)) return { ...options, mode: value }
  throw new Error(`in ${shown} "${option.slice(0, 80)}" is not an option: there are ${KNOWN}`)
}

/** Reads PATH or PATH:OPTION,OPTION, with the options in one order; throws Error with a sentence. */
export const parseTmpfs = (text: string): Tmpfs => {
  const shown = `"${text.slice(0, 200)}"`
  const at = text.indexOf(':')
  const [path, given] = at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)]
  if (path === '' || given === '') throw new Error(`${shown} is not ${FORM}`)
  const target = mountTarget(path, shown)
  if (target === '/dev/shm') throw new Error(`in ${shown} the path is the engine's own file system in memory`)
  const words = given === undefined ? [] : given.split(',')
  const { access, exec, mode, size } = words.reduce((all, word) => withOption(all, word, shown), USUAL)
  const options = [access, exec, 'nosuid', 'nodev', `mode=${mode}`, ...(size === null ? [] : [`size=${size}`])]
  return { target, options }
}
