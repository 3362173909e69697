const HEADS = 'refs/heads/'
const TAGS = 'refs/tags/'
const STASH = /^refs\/berth\/stash\/(\d{1,4})$/
const ODD = /^refs\/berth\/odd\/([\w=-]{1,1000})$/
const NESTED = /^refs\/berth\/nested\/([\w=-]{1,1000})\/(heads\/.+|HEAD|stash\/\d{1,4}|uncommitted|files)$/

/** A path as one part of a ref's name; its bytes, one a character. Undefined: too long for one. */
const encode = (path: string): string | undefined => {
  const code = path.replace(/[^\w-]/g, (c) => `=${c.charCodeAt(0).toString(16).padStart(2, '0')}`)
  return code.length > 0 && code.length <= 1000 ? code : undefined
}

const decode = (code: string): string => {
  const bytes = code.replace(/=([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(bytes, 'latin1').toString('utf8')
}

export const stashRef = (index: number) => `refs/berth/stash/${index}`

/** Of a branch or tag whose own name a bundle cannot have, such as HEAD. Undefined: it is too long. */
export const oddRef = (name: string): string | undefined => {
  const code = encode(Buffer.from(name).toString('latin1'))
  return code === undefined ? undefined : `refs/berth/odd/${code}`
}

/** Of a repository inside the work folder. `path` has one character a byte; `what` is heads/NAME, HEAD, stash/N, uncommitted or files. */
export const nestedRef = (path: string, what: string): string | undefined => {
  const code = encode(path)
  return code === undefined ? undefined : `refs/berth/nested/${code}/${what}`
}

const nestedName = (what: string) => what.replace(/^heads\//, '').replace(/^stash\/(\d+)$/, 'stash@{$1}')

/**
 * The name by which a person asks for a ref of a worker's bundle beside HEAD: `side`, `tags/v1`, `stash@{0}`,
 * `lib:main`. Undefined for a ref that no worker makes.
 */
export const keptName = (ref: string): string | undefined => {
  if (ref.startsWith(HEADS)) return ref.slice(HEADS.length)
  if (ref.startsWith(TAGS)) return `tags/${ref.slice(TAGS.length)}`
  const stash = STASH.exec(ref)?.[1]
  if (stash !== undefined) return `stash@{${Number(stash)}}`
  const odd = ODD.exec(ref)?.[1]
  if (odd !== undefined) return decode(odd)
  const [, path, what] = NESTED.exec(ref) ?? []
  return path === undefined || what === undefined ? undefined : `${decode(path)}:${nestedName(what)}`
}
