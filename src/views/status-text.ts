import type { ContainerReport } from '../domain/container-report.ts'
import { modelOf } from '../domain/model-usage.ts'
import { type LiveRule, standsAlready } from '../domain/network/live-rules.ts'
import { questionOf } from '../domain/question.ts'
import { FINAL, type PullRequestRef, type PullRequestReport, type TaskRecord, type TaskStatus } from '../domain/task.ts'
import { folderOf, recordsOf } from '../domain/work-part.ts'
import { formatDuration } from '../std/duration.ts'
import { terminalLine, terminalSafe } from '../std/terminal-safe.ts'
import { containerRows } from './container-lines.ts'
import { denialList } from './denial-words.ts'
import { otherLines } from './other-work.ts'
import { changesWords, costWords } from './result-words.ts'
import { STATE_FORMAT, stateWords } from './state-words.ts'
import type { Style } from './style.ts'
import { usageGap } from './usage-gap.ts'
import { age, counted, shortSha, took, usageWords } from './words.ts'
import { pullRequestWords } from './work-lines.ts'

/** A task's status, with what its forge says of its pull request where that was asked. */
export type StatusOfTask = Omit<TaskStatus, 'pr'> & { readonly pr?: PullRequestRef & Partial<PullRequestReport> }

type Row = readonly [name: string, text: string]

const joined = (...parts: readonly (string | null | false)[]) =>
  parts.filter((part) => part !== null && part !== false && part !== '').join(', ')

const source = ({ repository: { url, ref, branch, base, kind } }: TaskRecord): string => {
  if (url === null) return kind === 'none' ? 'an empty folder' : kind
  return joined(url, branch ?? ref, base !== null && `at ${shortSha(base)}`)
}

const keptWords = ({ kept, state }: TaskRecord, now: number): string => {
  if (kept == null || !FINAL.has(state)) return ''
  return `the container waits for a further prompt until ${kept.until} (${formatDuration(Date.parse(kept.until) - now, 2)})`
}

/** A token that is in the container now. */
const secretWords = ({ tokenInside }: Pick<TaskRecord, 'tokenInside'>): string =>
  tokenInside === undefined
    ? ''
    : terminalLine(
        joined(
          `a token for ${tokenInside.repository} is inside`,
          tokenInside.expiresAt !== null && `until ${tokenInside.expiresAt}`,
        ),
      )

const PROMPT_LINES = 12

/** The last prompt, where it says more than the title. */
const promptRows = ({ prompt = '', title, turns }: TaskStatus): readonly Row[] => {
  const lines = terminalSafe(prompt).trim().split('\n')
  if (turns.length < 2 && lines.length === 1 && lines[0] === title) return []
  const left = lines.length - PROMPT_LINES
  const shown = left > 1 ? [...lines.slice(0, PROMPT_LINES), `[${left} lines more]`] : lines
  return shown.map((line, i) => [i === 0 ? 'prompt' : '', line] as const)
}

/** As engines print an id. */
const SHORT_ID = 12

const containerWords = ({ container }: TaskStatus): string => {
  if (container === null) return ''
  const { name, id, state, pid } = container
  return terminalLine(joined(name, id.slice(0, SHORT_ID), state, pid !== null && `pid ${pid}`))
}

const times = (record: TaskRecord, now: number): string => {
  const end = record.endedAt ?? new Date(now).toISOString()
  const duration = took(record.startedAt, end)
  const done = record.endedAt !== null
  return joined(
    `created ${age(record.createdAt, now)} ago`,
    duration !== '' && (done ? `took ${duration}` : `running for ${duration}`),
  )
}

/** Where the gateway's count is another one than the agent's. */
const gapWords = ({ turns, gatewayUsage }: TaskRecord): string => {
  const gap = usageGap(turns)
  if (gap === 0 || gatewayUsage === undefined) return ''
  const differs = `${counted(Math.abs(gap), 'token')} ${gap > 0 ? 'more' : 'less'} than the agent reported`
  return `counted ${differs}: ${usageWords(gatewayUsage)}`
}

/** What a forge says of a pull request. */
const reportWords = ({ checks, reviews, reason }: NonNullable<StatusOfTask['pr']>): string => {
  if (reason !== undefined) return terminalLine(reason)
  const { approved = 0, changesRequested = 0 } = reviews ?? {}
  return joined(
    checks != null && checks !== 'none' && `checks ${checks}`,
    approved > 0 && counted(approved, 'approval'),
    changesRequested > 0 && `changes requested by ${counted(changesRequested, 'reviewer')}`,
  )
}

/** Its work, repository by repository if there are several. */
const works = (record: StatusOfTask, style: Style): readonly Row[] =>
  record.further === undefined
    ? work(record, style)
    : recordsOf(record).flatMap((part) => [
        ['repository', terminalLine(`${folderOf(part)}: ${source(part)}`)] as const,
        ...work(part, style),
      ])

const work = (record: StatusOfTask, style: Style): readonly Row[] => {
  const { pr, pushed, pushError, commits, uncommitted, uncommittedLeft = 0, changes } = record
  return [
    ...(commits.length === 0 ? [] : [['commits', String(commits.length)] as const]),
    ...commits.map(({ sha, subject }) => ['', `${style('yellow', shortSha(sha))} ${terminalLine(subject)}`] as const),
    ...(changes === undefined || changes.files === 0 ? [] : [['changed', changesWords(changes)] as const]),
    ...(uncommitted.length === 0
      ? []
      : [['left', `${counted(uncommitted.length + uncommittedLeft, 'file')} the agent did not commit`] as const]),
    ...(pushed === null
      ? []
      : [
          [
            'pushed',
            `${shortSha(pushed.sha)} to ${terminalLine(pushed.branch)} at ${terminalLine(pushed.remote)}`,
          ] as const,
        ]),
    ...(pr === undefined ? [] : [['pr', pullRequestWords(pr)] as const, ['', reportWords(pr)] as const]),
    ...(record.prError === undefined ? [] : [['pr', style('red', terminalLine(record.prError))] as const]),
    ...otherLines(record.others, record.id).map(
      (text, at) => [at === 0 ? 'others' : '', style('yellow', text)] as const,
    ),
    ...(pushError === null ? [] : [['push', style('red', terminalLine(pushError))] as const]),
  ]
}

const details = (record: TaskRecord, report: ContainerReport): readonly Row[] => [
  ['endpoint', terminalLine(record.endpoint)],
  ['image id', terminalLine(record.imageDigest ?? '')],
  ...containerRows(report),
  ['', record.container === null ? '' : `id ${terminalLine(record.container.id)}`],
  ['session', terminalLine(record.session ?? '')],
  [
    'labels',
    Object.entries(record.labels)
      .map(([name, value]) => terminalLine(`${name}=${value}`))
      .join(', '),
  ],
  ['branches', record.branches.map(terminalLine).join(', ')],
  ...record.effective.map(
    ({ setting, asked, effective, enforced }) =>
      [setting, terminalLine(joined(`asked ${asked}`, `in force ${effective}`, !enforced && 'not enforced'))] as const,
  ),
  ...record.turns.map(
    (turn) =>
      [
        `turn ${turn.turn}`,
        joined(turn.state, took(turn.startedAt, turn.endedAt), `"${terminalLine(turn.prompt)}"`),
      ] as const,
  ),
]

const placeOf = ({ isolation, engine, image, policy }: TaskRecord): string =>
  isolation === 'host' ? 'host, no sandbox' : joined(engine, image, policy)

/** The rules that were asked for at the start, and those that stand since. */
const rulesWords = ({ liveRules = [], ...record }: TaskRecord, effect: LiveRule['effect']): string => {
  const live = liveRules.filter((rule) => rule.effect === effect && standsAlready(liveRules, rule))
  return terminalLine([...(record[effect] ?? []), ...live.map(({ target }) => `${target} (live)`)].join(', '))
}

/** What a person is to know of it. */
const operatorRows = (record: TaskRecord): readonly Row[] => [
  [questionOf(record) === null ? 'reason' : 'question', terminalLine(record.reason ?? '')],
  ['contact', terminalLine(record.operatorContact ?? '')],
  ['tags', terminalLine((record.tags ?? []).join(', '))],
  ['output', terminalLine(record.output?.state ?? record.output?.transcript ?? '')],
]

/** What `berth status` prints of a task; with its container's report, all that is known. */
export const statusText = (
  record: StatusOfTask,
  options: { readonly style: Style; readonly now: number; readonly report?: ContainerReport },
): string => {
  const { style, now, report } = options
  const used = record.usage.inputTokens + record.usage.outputTokens > 0
  const rows: readonly Row[] = [
    ['task', style('bold', joined(record.id, terminalLine(record.name ?? '')))],
    ['title', terminalLine(record.title)],
    ...promptRows(record),
    ['state', style(STATE_FORMAT[record.state], stateWords(record))],
    ['queue', record.position == null ? '' : `position ${record.position} in the queue`],
    ...operatorRows(record),
    ['waiting', record.waiting === null ? '' : terminalLine(`until ${record.waiting.until}: ${record.waiting.reason}`)],
    ['kept', keptWords(record, now)],
    ['secret', style('yellow', secretWords(record))],
    [
      'agent',
      terminalLine(joined([record.provider.id, record.provider.version].filter(Boolean).join(' '), modelOf(record))),
    ],
    ['engine', terminalLine(placeOf(record))],
    ['allowed', rulesWords(record, 'allow')],
    ['denied', rulesWords(record, 'deny')],
    ...denialList(record.denials ?? [], record.id).map((text, at) => [at === 0 ? 'denials' : '', text] as const),
    ['container', report === undefined ? containerWords(record) : ''],
    ['source', record.further === undefined ? terminalLine(source(record)) : ''],
    ['after', terminalLine((record.after ?? []).map(({ name, task }) => `${name} (${task})`).join(', '))],
    ['fork of', record.fork === undefined ? '' : `${record.fork.task} at the end of turn ${record.fork.turn}`],
    ['time', times(record, now)],
    ['usage', used ? usageWords(record.usage) : ''],
    ['cost', record.cost == null ? '' : costWords(record.cost)],
    ['gateway', gapWords(record)],
    ...works(record, style),
    ['workspace', terminalLine(`${record.workspace ?? ''}${record.layer ? ' (changed files only)' : ''}`)],
    ...record.warnings.map((text) => ['warning', style('yellow', terminalLine(text))] as const),
    ...(report === undefined ? [] : details(record, report)),
  ]
  return rows
    .filter(([, text]) => text !== '')
    .map(([name, text]) => `${name.padEnd(10)} ${text}`.trimEnd())
    .join('\n')
}
