import type { Person } from '../domain/person.ts'

/** A commit as git stores it. All texts have one character a byte, so that no byte of any encoding is lost. */
export type CommitObject = {
  readonly tree: string
  readonly parents: readonly string[]
  /** What follows the parents, in order: author, committer, encoding and what else there is, with continued lines. */
  readonly headers: readonly { readonly name: string; readonly value: string }[]
  readonly message: string
}

const SIGNATURES = new Set(['gpgsig', 'gpgsig-sha256'])

const headersOf = (text: string): CommitObject['headers'] =>
  text.split(/\n(?! )/).map((line) => {
    const space = line.indexOf(' ')
    return { name: line.slice(0, space), value: line.slice(space + 1) }
  })

const ONCE = new Set(['tree', 'parent', 'author', 'committer'])

/**
 * By the places of its headers, as git checks them. A second author or the like, further down, is left out: git's log
 * would show that one, and signed it would be believed.
 */
export const readCommit = (bytes: Buffer): CommitObject => {
  const text = bytes.toString('latin1')
  const end = text.indexOf('\n\n')
  const [tree, ...rest] = headersOf(end < 0 ? text : text.slice(0, end))
  const first = rest.findIndex(({ name }) => name !== 'parent')
  return {
    tree: tree?.value ?? '',
    parents: rest.slice(0, first).map(({ value }) => value),
    headers: rest.slice(first).filter(({ name }, at) => at < 2 || !ONCE.has(name)),
    message: end < 0 ? '' : text.slice(end + 2),
  }
}

export const writeCommit = ({ tree, parents, headers, message }: CommitObject): Buffer => {
  const lines = [`tree ${tree}`, ...parents.map((sha) => `parent ${sha}`)]
  for (const { name, value } of headers) lines.push(`${name} ${value}`)
  return Buffer.from(`${lines.join('\n')}\n\n${message}`, 'latin1')
}

/** A signature holds for one object alone. */
export const withoutSignature = (commit: CommitObject): CommitObject => ({
  ...commit,
  headers: commit.headers.filter(({ name }) => !SIGNATURES.has(name)),
})

/** The armoured signature of what `writeCommit` gives for the same commit. */
export const withSignature = (commit: CommitObject, signature: string): CommitObject => {
  const name = commit.tree.length === 64 ? 'gpgsig-sha256' : 'gpgsig'
  const value = signature.trimEnd().replaceAll('\n', '\n ')
  return { ...commit, headers: [...commit.headers, { name, value }] }
}

const encodingOf = ({ headers }: CommitObject): string =>
  headers.find(({ name }) => name === 'encoding')?.value ?? 'utf-8'

/** The text of bytes in an encoding; null where Node does not know it, or the bytes are not in it. */
const decoded = (bytes: string, encoding: string): string | null => {
  try {
    return new TextDecoder(encoding, { fatal: true, ignoreBOM: true }).decode(Buffer.from(bytes, 'latin1'))
  } catch {
    return null
  }
}

const utf8Bytes = (text: string): string => Buffer.from(text, 'utf8').toString('latin1')

/** The same commit in UTF-8; null where that can't be. */
export const inUtf8 = (commit: CommitObject): CommitObject | null => {
  const encoding = encodingOf(commit)
  const message = decoded(commit.message, encoding)
  const headers = commit.headers.map(({ name, value }) => ({ name, value: decoded(value, encoding) }))
  if (message === null || headers.some(({ value }) => value === null)) return null
  return {
    ...commit,
    headers: headers
      .filter(({ name }) => name !== 'encoding')
      .map(({ name, value }) => ({ name, value: utf8Bytes(value ?? '') })),
    message: utf8Bytes(message),
  }
}

/** What a person reads: the message, null where it is in no encoding that Node knows. */
export const messageText = (commit: CommitObject): string | null => decoded(commit.message, encodingOf(commit))

/** Its author; null where the header can't be read. */
export const authorOf = (commit: CommitObject): Person | null => {
  const value = commit.headers.find(({ name }) => name === 'author')?.value ?? ''
  const [, name, email] = /^(.*?) ?<([^<>]*)> -?\d+ [+-]\d{4}$/.exec(decoded(value, encodingOf(commit)) ?? '') ?? []
  return name === undefined || email === undefined ? null : { name, email }
}

const isPlain = (text: string) => /^[\x20-\x7e]*$/.test(text)

/** What stands in a header of git has no line ends and no marks of an address. */
const headerText = (text: string) => text.replace(/[\0\n<>]/g, '')

/** The same commit, committed by this person at the same time. */
export const withCommitter = (commit: CommitObject, { name, email }: Person): CommitObject => {
  const text = `${headerText(name)} <${headerText(email)}>`
  const into = isPlain(text) ? commit : (inUtf8(commit) ?? commit)
  const at = into.headers.findIndex((header) => header.name === 'committer')
  const time = / -?\d+ [+-]\d{4}$/.exec(into.headers[at]?.value ?? '')?.[0]
  if (time === undefined) return commit
  const value = `${utf8Bytes(text)}${time}`
  if (value === into.headers[at]?.value) return commit
  return { ...into, headers: into.headers.with(at, { name: 'committer', value }) }
}
