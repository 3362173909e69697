const PREFIX = 'gitdir: '

/** As git takes a file's one path: line ends at its end are none of it, and a zero byte ends it. */
const pathIn = (text: string): string | undefined => {
  let end = text.length
  while (text[end - 1] === '\n' || text[end - 1] === '\r') end -= 1
  return text.slice(0, end).split('\0', 1)[0] || undefined
}

/** The repository that the text of a file `.git` names; undefined where it names none. */
export const namedRepository = (text: string | undefined): string | undefined =>
  text?.startsWith(PREFIX) === true ? pathIn(text.slice(PREFIX.length)) : undefined

/** The repository that the text of a file `commondir` names. */
export const namedCommon = (text: string | undefined): string | undefined =>
  text === undefined ? undefined : pathIn(text)

/** A path that is named in a folder. `..` is the kernel's to resolve: a link may be on the way. */
export const placeBelow = (folder: string, path: string): string => (path.startsWith('/') ? path : `${folder}/${path}`)
