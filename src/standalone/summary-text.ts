import { firstLine } from '../std/first-line.ts'
import { terminalSafe } from '../std/terminal-safe.ts'
import { shortSha, took } from '../views/words.ts'
import type { ExitRecord } from './exit-record.ts'

type Summary = {
  readonly record: ExitRecord
  readonly prompt: string
  /** The agent's last message. */
  readonly message: string
  /** Lines of `git diff --stat` since the work began. */
  readonly changes: string
}

const TITLE = 100

const repositoryWords = ({ repository }: ExitRecord): readonly string[] => {
  if (repository === null) return []
  const { url, folder, ref, sha, head } = repository
  const at = [ref, sha === null ? null : `at ${shortSha(sha)}`].filter((part) => part !== null).join(' ')
  const now = head === null || head === sha ? '' : `, now at ${shortSha(head)}`
  return [`- Repository: ${url ?? 'a mounted source tree'}${at === '' ? '' : `, ${at}`}${now}, in ${folder}`]
}

/** summary.md: title, result, the agent's answer, then the facts. */
export const summaryText = ({ record, prompt, message, changes }: Summary): string => {
  const { class: kind, exitCode, reason, provider, mode, startedAt, endedAt, pushed, outputs } = record
  const title = firstLine(prompt).slice(0, TITLE).toWellFormed()
  const time = took(startedAt, endedAt)
  return [
    `# ${title === '' ? 'A run without a prompt' : title}`,
    '',
    `${kind === 'done' ? 'done' : `failed (${kind}, exit code ${exitCode})`}: ${reason}`,
    '',
    ...(message === '' ? [] : [terminalSafe(message), '']),
    ...repositoryWords(record),
    ...(provider === null ? [] : [`- Agent: ${provider}, mode ${mode}`]),
    `- Time: ${startedAt} to ${endedAt}${time === '' ? '' : ` (${time})`}`,
    ...(pushed === null ? [] : [`- Pushed: ${shortSha(pushed.sha)} to ${pushed.branch}`]),
    `- Output: ${outputs.log}`,
    ...(changes === '' ? [] : ['', '```text', changes, '```']),
    '',
  ].join('\n')
}
