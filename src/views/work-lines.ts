import type { TurnEvent } from '../domain/event.ts'
import type { PullRequestRef } from '../domain/task.ts'
import { formatBytes } from '../std/bytes.ts'
import { terminalLine } from '../std/terminal-safe.ts'
import { otherLines } from './other-work.ts'
import { changesWords } from './result-words.ts'
import type { Style } from './style.ts'
import { counted, shortSha } from './words.ts'

type Kept = Extract<TurnEvent, { type: 'work.kept' }>
export type WorkEvent = Extract<TurnEvent, { type: `work.${string}` | `push.${string}` | `pr.${string}` }>

const MOST = 20

const kept = (event: Kept, style: Style, id: string | undefined): readonly string[] => {
  const commits = event.commits
    .slice(0, MOST)
    .map(({ sha, subject }) => `  ${style('yellow', shortSha(sha))} ${terminalLine(subject)}`)
  const more = event.commits.length > MOST ? [`  and ${event.commits.length - MOST} more`] : []
  const loose = counted(event.uncommitted.length + (event.left ?? 0), 'file')
  const left =
    event.uncommitted.length === 0
      ? []
      : [event.committed ? `  with ${loose} the agent left uncommitted` : `  ${loose} stay uncommitted`]
  const branches = event.branches.map(terminalLine).join(', ')
  const told = otherLines(event.others, id).map((line) => style('yellow', line))
  const others = event.others !== undefined || branches === '' ? told : [`  other branches: ${branches}`]
  const changed = event.changes === undefined || event.changes.files === 0 ? '' : `, ${changesWords(event.changes)}`
  const head = `${counted(event.commits.length, 'commit')}${changed}`
  if (event.commits.length + event.uncommitted.length === 0) return others
  return [head, ...commits, ...more, ...left, ...others]
}

/** A pull request on a line. */
export const pullRequestWords = ({ number, url, state }: PullRequestRef): string => {
  const kind = state === 'draft' ? 'draft pull request' : 'pull request'
  const over = state === 'merged' || state === 'closed' ? ` (${state})` : ''
  return `${kind} #${number}${over}: ${terminalLine(url)}`
}

/** What became of a turn's work, as lines; of a further repository with its folder. */
export const workLines = (event: WorkEvent, style: Style, id?: string): readonly string[] => {
  const [first, ...more] = linesOf(event, style, id)
  const folder = 'repository' in event ? event.repository : undefined
  if (first === undefined || folder === undefined) return first === undefined ? [] : [first, ...more]
  return [`${terminalLine(folder)}: ${first}`, ...more]
}

const linesOf = (event: WorkEvent, style: Style, id: string | undefined): readonly string[] => {
  switch (event.type) {
    case 'work.kept':
      return kept(event, style, id)
    case 'work.pushed':
      return [
        style(
          'green',
          `pushed ${shortSha(event.sha)} to ${terminalLine(event.branch)} at ${terminalLine(event.remote)}`,
        ),
      ]
    case 'work.nothing':
      return [`nothing to push: ${terminalLine(event.reason)}`, ...otherLines(event.others, id)]
    case 'work.patch':
      return [
        `patch of ${formatBytes(event.bytes)}${event.changes === undefined ? '' : `, ${changesWords(event.changes)}`}: ${terminalLine(event.path)}`,
        ...otherLines(event.others, id),
      ]
    case 'push.raced': {
      const to = `${terminalLine(event.branch)} has moved to ${shortSha(event.theirs)}`
      const count = `try ${event.attempt} of ${event.most}`
      return [style('yellow', `! ${to}: ${shortSha(event.ours)} is rebased onto it and pushed again (${count})`)]
    }
    case 'work.rebased': {
      const commits = counted(event.commits.length, 'commit')
      return [`rebased ${commits} onto ${shortSha(event.onto)}, now ${shortSha(event.head)}`]
    }
    case 'work.amended': {
      // The event has those too that an earlier turn pushed, which stay.
      const how = { ssh: 'signed with an ssh key', gpg: 'signed with a gpg key', api: 'signed by the forge' }
      return [
        `made the new commits again${event.signed === null ? '' : `, ${how[event.signed]}`}, now ${shortSha(event.head)}`,
      ]
    }
    case 'pr.opened':
    case 'pr.updated':
      return [style('green', pullRequestWords(event))]
    case 'pr.failed':
      return [style('red', `! the pull request failed: ${terminalLine(event.reason)}`)]
    case 'push.failed':
      return [
        style(
          'red',
          `! push to ${terminalLine(event.branch)} at ${terminalLine(event.remote)} failed: ${terminalLine(event.reason)}`,
        ),
      ]
  }
}
