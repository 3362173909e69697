/**
 * A file that goes with a prompt. `media`: of a picture that models take, by its first bytes; null of anything else.
 */
export type TurnFile = { readonly name: string; readonly bytes: number; readonly media: string | null }

/** Of all files of one prompt together. */
export const FILES_BYTES = 32 * 1024 * 1024
export const MOST_FILES = 64

const startsWith = (bytes: Uint8Array, at: number, text: string) =>
  [...text].every((character, i) => bytes[at + i] === character.charCodeAt(0))

export const mediaOf = (bytes: Uint8Array): string | null => {
  if (startsWith(bytes, 0, '\x89PNG\r\n\x1a\n')) return 'image/png'
  if (startsWith(bytes, 0, '\xff\xd8\xff')) return 'image/jpeg'
  if (startsWith(bytes, 0, 'GIF8')) return 'image/gif'
  return startsWith(bytes, 0, 'RIFF') && startsWith(bytes, 8, 'WEBP') ? 'image/webp' : null
}

/** A name that is good in any folder and on any command line. */
export const FILE_NAME = /^(?!\.{1,2}$)[\p{L}\p{M}\p{N}._+@()= -]{1,120}$/u

/** The names that files of any origin get: their own if it is safe, each only once. */
export const fileNames = (given: readonly string[]): readonly string[] => {
  const taken = new Set<string>()
  return given.map((name) => {
    const plain = name.replace(/[^\p{L}\p{M}\p{N}._+@()= -]/gu, '_').slice(-100) || '_'
    const good = FILE_NAME.test(plain) ? plain : plain.replaceAll('.', '_')
    let free = good
    for (let n = 2; taken.has(free); n += 1) free = good.replace(/(\.[^.]*)?$/, `-${n}$1`)
    taken.add(free)
    return free
  })
}
