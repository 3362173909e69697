import { type Person, personText } from '../domain/person.ts'
import { authorOf, type CommitObject, inUtf8 } from './commit-object.ts'

const KEY = 'Co-authored-by'
/** A line of a message's last paragraph that git takes for a trailer, or for the continuation of one. */
const TRAILER = /^(?:[A-Za-z0-9-]+\s*:\s?.*|\(cherry picked from commit [0-9a-f]+\)|[ \t]+\S.*)$/

const lastParagraph = (message: string): { readonly lines: readonly string[]; readonly isFirst: boolean } => {
  const paragraphs = message.trimEnd().split(/\n[ \t]*\n/)
  return { lines: (paragraphs.at(-1) ?? '').split('\n'), isFirst: paragraphs.length < 2 }
}

const isTrailers = (message: string): boolean => {
  const { lines, isFirst } = lastParagraph(message)
  return !isFirst && lines.every((line) => TRAILER.test(line)) && !/^[ \t]/.test(lines[0] ?? '')
}

/** The addresses of the co-authors that a message names already. */
const named = (message: string): ReadonlySet<string> => {
  const rows = isTrailers(message) ? lastParagraph(message).lines : []
  const found = rows.flatMap((line) => /^co-authored-by\s*:.*<([^<>]*)>\s*$/i.exec(line)?.[1] ?? [])
  return new Set(found.map((email) => email.toLowerCase()))
}

const withLines = (message: string, lines: readonly string[]): string => {
  const before = message.replace(/\n+$/, '')
  return `${before}${isTrailers(message) ? '\n' : '\n\n'}${lines.join('\n')}\n`
}

/**
 * Names co-authors in trailers of the message: each once, and none who is its author. A message in another encoding
 * becomes UTF-8 where a name needs it.
 */
export const withCoAuthors = (
  commit: CommitObject,
  coAuthors: readonly Person[],
  author = authorOf(commit),
): CommitObject => {
  const there = new Set(named(commit.message))
  if (author !== null) there.add(author.email.toLowerCase())
  const lines: string[] = []
  for (const one of coAuthors) {
    const email = one.email.toLowerCase()
    if (!there.has(email)) lines.push(`${KEY}: ${personText(one)}`)
    there.add(email)
  }
  if (lines.length === 0) return commit
  const isPlain = lines.every((line) => /^[\x20-\x7e]*$/.test(line))
  const into = isPlain ? commit : (inUtf8(commit) ?? commit)
  const bytes = lines.map((line) => Buffer.from(line, 'utf8').toString('latin1'))
  return { ...into, message: withLines(into.message, bytes) }
}
