import { closeSync, existsSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'

/** Every C library has them without a file. */
const BUILT_IN = /^(C|POSIX|C\.(UTF-8|utf8))$/
const FOLDER = '/usr/lib/locale'
const ARCHIVE = 'locale-archive'
const MAGIC = 0xde020109
const HEAD_BYTES = 32
/** All names of all locales that there are take a tenth of it. */
const MOST_BYTES = 1024 * 1024

/** The codeset as the C library of GNU looks for it: `UTF-8` is `utf8`. */
const normalized = (name: string): string =>
  name.replace(/\.([^@]+)/, (_, codeset: string) => {
    const plain = codeset.toLowerCase().replace(/[^a-z0-9]/g, '')
    return `.${/^\d+$/.test(plain) ? `iso${plain}` : plain}`
  })

const readAt = (file: number, at: number, bytes: number): Buffer => {
  const data = Buffer.alloc(Math.min(bytes, MOST_BYTES))
  return data.subarray(0, readSync(file, data, 0, data.length, at))
}

/** The names in an archive of locales, which follow each other, each with a zero byte at its end. */
const namesIn = (path: string): readonly string[] => {
  const file = openSync(path, 'r')
  try {
    const head = readAt(file, 0, HEAD_BYTES)
    if (head.length < HEAD_BYTES || head.readUInt32LE(0) !== MAGIC) return []
    return readAt(file, head.readUInt32LE(20), head.readUInt32LE(24)).toString('latin1').split('\0')
  } finally {
    closeSync(file)
  }
}

/** Whether programs of the image find that locale. */
export const hasLocale = (name: string, folder = FOLDER): boolean => {
  if (BUILT_IN.test(name)) return true
  const spellings = [name, normalized(name)]
  try {
    if (spellings.some((one) => existsSync(join(folder, one, 'LC_CTYPE')))) return true
    return namesIn(join(folder, ARCHIVE)).some((known) => spellings.includes(known))
  } catch {
    return false
  }
}
