import type { CommitLine } from '../domain/event.ts'
import { type Exec, LIMIT, succeeded } from './exec.ts'
import { gitWords } from './git-words.ts'

const MOST = 1000
const MOST_SUBJECT = 200

// biome-ignore lint/suspicious/noControlCharactersInRegex: a subject must not move a terminal's cursor
const CONTROL = /[\x00-\x1f\x7f-\x9f]+/g

export type Commits = { readonly commits: readonly CommitLine[]; readonly descends: boolean }

/** The commits of `head` that `base` has not, newest first, at most 1000; and whether head descends from base. A string: git's words. */
export const commitsBetween = async (
  exec: Exec,
  repository: string,
  base: string,
  head: string,
  signal?: AbortSignal,
): Promise<Commits | string> => {
  if (base === head) return { commits: [], descends: true }
  const options = { limitMs: LIMIT.local, ...(signal && { signal }) }
  const format = ['--format=%H %P%x09%s', '-z', `--max-count=${MOST + 1}`]
  const range = base === '' ? [head] : [head, `^${base}`]
  const git = ['--git-dir', repository]
  const log = await exec([...git, 'log', '--no-show-signature', '--no-mailmap', ...format, ...range, '--'], options)
  if (!succeeded(log)) return gitWords(log, LIMIT.local)
  const rows = log.stdout.toString().split('\0').filter(Boolean).map(row)
  const commits = rows.slice(0, MOST).map(({ sha, subject }) => ({ sha, subject }))
  // the first commit after base on any way from base to head names base as its parent and is in the range
  if (base === '' || rows.some(({ parents }) => parents.includes(base))) return { commits, descends: true }
  if (rows.length <= MOST) return { commits, descends: false }
  const ancestor = await exec([...git, 'merge-base', '--is-ancestor', base, head], options)
  return { commits, descends: succeeded(ancestor) }
}

const row = (text: string) => {
  const tab = text.indexOf('\t')
  const [sha = '', ...parents] = text.slice(0, tab).trim().split(' ')
  const subject = text
    .slice(tab + 1)
    .replace(CONTROL, ' ')
    .slice(0, MOST_SUBJECT)
  return { sha, parents, subject }
}
