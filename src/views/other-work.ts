import type { OtherWork } from '../domain/other-work.ts'
import { shellWord } from '../std/shell-word.ts'
import { terminalLine } from '../std/terminal-safe.ts'
import { counted } from './words.ts'

const MOST = 10

const otherName = ({ name, commits }: OtherWork) =>
  commits === undefined ? terminalLine(name) : `${terminalLine(name)} (${counted(commits, 'commit')})`

/** Names of other work in one line, each with the number of its commits. */
export const otherNames = (others: readonly OtherWork[]): string => {
  const more = others.length > MOST ? [`${others.length - MOST} more`] : []
  return [...others.slice(0, MOST).map(otherName), ...more].join(', ')
}

/** The work that is not on what is published, with the command that takes it, as lines. */
export const otherLines = (others: readonly OtherWork[] | undefined, id = 'ID'): readonly string[] => {
  if (!Array.isArray(others)) return []
  const kept = others.filter(({ sha }) => sha !== null)
  const inside = others.filter(({ sha }) => sha === null)
  const [first] = kept
  return [
    ...(first === undefined
      ? []
      : [
          `not published: ${otherNames(kept)}`,
          `  berth diff ${id} --branch ${shellWord(terminalLine(first.name))}   # or berth checkout`,
        ]),
    ...(inside.length === 0 ? [] : [`only in the workspace: ${otherNames(inside)}`]),
  ]
}
