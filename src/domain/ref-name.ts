const COMPONENT_BYTES = 240
const MOST_BYTES = 1000

// biome-ignore lint/suspicious/noControlCharactersInRegex: git refuses them
const FORBIDDEN = /[\x00-\x20\x7f~^:?*[\\]/

/** What `git check-ref-format --allow-onelevel` would refuse, and a leading dash, as words; undefined: a good name. */
export const refProblem = (name: string): string | undefined => {
  if (name === '') return 'it is empty'
  if (name.startsWith('-')) return 'it begins with a dash'
  if (FORBIDDEN.test(name)) return 'it has a space, a control character or one of ~ ^ : ? * [ \\'
  if (name.includes('..')) return 'it has two dots in a row'
  if (name.includes('@{')) return 'it has @{'
  if (name === '@') return 'it is a lone @'
  if (name.endsWith('.')) return 'it ends with a dot'
  const parts = name.split('/')
  if (parts.some((part) => part === '')) return 'it has an empty part between slashes'
  if (parts.some((part) => part.startsWith('.'))) return 'a part of it begins with a dot'
  if (parts.some((part) => part.endsWith('.lock'))) return 'a part of it ends with .lock'
  const size = (text: string) => new TextEncoder().encode(text).length
  if (size(name) > MOST_BYTES || parts.some((part) => size(part) > COMPONENT_BYTES)) return 'it is too long'
  if (!name.isWellFormed()) return 'it is not valid Unicode'
  return undefined
}
