import type { Changes } from '../domain/changes.ts'
import type { Event } from '../domain/event.ts'
import { addModel, mainModel } from '../domain/model-usage.ts'
import type { Outcome } from '../domain/outcome.ts'
import type { PullRequestRef, TaskRecord } from '../domain/task.ts'
import type { ModelUsage } from '../domain/usage.ts'
import { displayWidth } from '../std/display-width.ts'
import { shellWord } from '../std/shell-word.ts'
import { terminalLine } from '../std/terminal-safe.ts'
import { changesWords, costWords, shortCount } from './result-words.ts'
import { counted, shortSha } from './words.ts'
import { pullRequestWords } from './work-lines.ts'

type Source = Pick<TaskRecord['repository'], 'kind' | 'url'>
type Task = {
  readonly id: string
  /** What it works on. */
  readonly repository: Source
  readonly provider: Pick<TaskRecord['provider'], 'model'>
}
type Pushed = Extract<Event, { type: 'work.pushed' }>
type Step = readonly [command: string, what: string]

/** The events that the closing lines are made of. */
export const CLOSING_EVENTS = [
  ...['turn.started', 'turn.ended', 'work.patch', 'work.kept', 'work.rebased', 'work.pushed', 'push.failed'],
  ...['pr.opened', 'pr.updated', 'pr.failed'],
  ...['agent.session', 'agent.usage', 'gateway.usage', 'egress.denied'],
] as const

/** What a turn's events have told of its work. */
type Work = {
  source: Source
  pushed: Pushed | null
  failed: string | null
  pr: PullRequestRef | null
  prFailed: string | null
  commits: number
  changes: Changes | null
  changed: boolean
  tokens: { input: number; output: number; cost: number }
  models: readonly ModelUsage[]
  /** Hosts that were denied, with how many requests. */
  denied: Map<string, number>
  /** What came of the further repositories, by their folders. */
  further: Map<string, Published>
}

type Published = {
  readonly pushed: Pushed | null
  readonly failed: string | null
  readonly pr: PullRequestRef | null
  readonly prFailed: string | null
}

const UNPUBLISHED: Published = { pushed: null, failed: null, pr: null, prFailed: null }

const empty = (source: Source): Work => ({
  source,
  pushed: null,
  failed: null,
  pr: null,
  prFailed: null,
  commits: 0,
  changes: null,
  changed: false,
  tokens: { input: 0, output: 0, cost: 0 },
  models: [],
  denied: new Map(),
  further: new Map(),
})

/** What an event tells of where the work went. */
const publishedAfter = (known: Published, event: Event): Published => {
  switch (event.type) {
    case 'work.pushed':
      return { ...known, pushed: event, failed: null }
    case 'push.failed':
      return { ...known, failed: event.reason }
    case 'pr.opened':
    case 'pr.updated':
      return { ...known, pr: event, prFailed: null }
    case 'pr.failed':
      return { ...known, prFailed: event.reason }
    default:
      return known
  }
}

const publishedLines = ({ pushed, failed, pr, prFailed }: Published): readonly string[] => [
  ...(pushed === null
    ? []
    : [`pushed ${shortSha(pushed.sha)} to ${terminalLine(pushed.branch)} at ${terminalLine(pushed.remote)}`]),
  ...(failed === null ? [] : [`push failed: ${terminalLine(failed)}`]),
  ...(pr === null ? [] : [pullRequestWords(pr)]),
  ...(prFailed === null ? [] : [`the pull request failed: ${terminalLine(prFailed)}`]),
]

const folderOf = (event: Event): string | undefined =>
  /^(work|push|pr)\./.test(event.type) && 'repository' in event ? event.repository : undefined

const furtherLines = ({ further }: Work): readonly string[] =>
  [...further].flatMap(([folder, one]) => publishedLines(one).map((line) => `${terminalLine(folder)}: ${line}`))

/** A word of a command that a person may copy: made harmless for the terminal before it is quoted for the shell. */
const typed = (text: string): string => shellWord(terminalLine(text))

/** True in the very repository that the task works for, where its branch is already. */
const isHome = (source: Source, cwd: string): boolean => {
  if (source.url === null) return false
  const path = source.url.replace(/^file:\/\//, '').replace(/\/$/, '')
  return path.startsWith('/') && (cwd === path || cwd.startsWith(`${path}/`))
}

const takeSteps = (id: string, work: Work, cwd: string): readonly Step[] => {
  const { source, pushed, commits, changed } = work
  const isFurther = [...work.further.values()].some((one) => one.pushed !== null || one.failed !== null)
  if (!changed && pushed === null && !isFurther) return []
  const look: Step = [`berth diff ${id}`, 'what the agent changed']
  if (source.kind === 'copy') return [look, [`berth apply ${id}`, 'apply the changes here']]
  if (isHome(source, cwd)) {
    const checkout: Step = [`berth checkout ${id}`, 'or switch to its branch']
    return [look, [`berth apply ${id}`, 'apply the changes here'], ...(commits > 0 ? [checkout] : [])]
  }
  if (pushed !== null)
    return [look, [`git fetch ${typed(pushed.remote)} ${typed(pushed.branch)}`, 'its work, in a clone']]
  return [look, [`berth apply ${id}`, 'apply the changes in a clone']]
}

/** A CLI without sessions begins a new conversation. */
const sendStep = (id: string, hasSession: boolean): Step => [
  `berth send -f ${id} "..."`,
  hasSession ? 'a further prompt' : 'a further prompt, in a new conversation',
]

const goOnSteps = (id: string, work: Work, outcome: Outcome, hasSession: boolean): readonly Step[] => {
  const { commits, pushed, source } = work
  const further = [...work.further.values()]
  const isFurtherUnpushed = further.some(({ failed }) => failed !== null)
  const unpushed = (commits > 0 && pushed === null && source.kind !== 'copy') || isFurtherUnpushed
  const push: readonly Step[] = unpushed
    ? [[`berth push ${id}`, outcome.class === 'push' ? 'try to push it again' : 'push the kept work']]
    : []
  if (outcome.result === 'done') return [sendStep(id, hasSession)]
  const lacksRequest = [work, ...further].some(({ prFailed }) => prFailed !== null)
  const open: readonly Step[] = !lacksRequest ? [] : [[`berth pr ${id}`, 'try to open the pull request again']]
  const again: readonly Step[] = outcome.class === 'push' ? [] : [[`berth resume ${id}`, 'try the turn again']]
  const status: Step = [`berth status -v ${id}`, 'all details']
  return [...push, ...open, ...again, sendStep(id, true), ...(outcome.result === 'stopped' ? [] : [status])]
}

const tokenWords = ({ tokens: { input, output, cost }, models }: Work, asked: string | null): string => {
  if (input + output === 0) return ''
  const model = terminalLine(asked ?? mainModel(models) ?? '')
  const used = `${shortCount(input)} tokens in, ${shortCount(output)} out${cost > 0 ? `, ${costWords(cost)}` : ''}`
  return model === '' ? used : `${used}, ${model}`
}

const summary = (work: Work, asked: string | null): readonly string[] => {
  const { changes, pushed, commits } = work
  const kept = commits === 0 || pushed !== null ? '' : `${counted(commits, 'commit')} kept, not pushed`
  return [
    changes === null || changes.files === 0 ? '' : changesWords(changes),
    pushed === null ? kept : '',
    ...publishedLines(work),
    ...furtherLines(work),
    tokenWords(work, asked),
  ].filter((line) => line !== '')
}

const deniedSteps = (id: string, { denied }: Work): readonly Step[] => {
  if (denied.size === 0) return []
  const requests = counted(
    [...denied.values()].reduce((sum, count) => sum + count, 0),
    'request',
  )
  return [[`berth net ${id} --denied`, `${requests} to ${counted(denied.size, 'host')} denied`]]
}

/** Commands below each other, what they do behind them. */
const aligned = (steps: readonly Step[]): readonly string[] => {
  const widest = Math.max(0, ...steps.map(([command]) => displayWidth(command)))
  return steps.map(([command, what]) => `  ${command}${' '.repeat(widest - displayWidth(command))}  # ${what}`)
}

/**
 * Reads a turn's events as they come; gives, when it is over, what came of it and the commands that a person may want to
 * type next. `cwd`: the folder they are typed in.
 */
export const closing = (
  { id, repository: source, provider }: Task,
  cwd: string,
): { take(event: Event): void; lines(outcome: Outcome): readonly string[] } => {
  let work = empty(source)
  let hasSession = false
  return {
    take(event) {
      const folder = folderOf(event)
      if (folder !== undefined) {
        work.further.set(folder, publishedAfter(work.further.get(folder) ?? UNPUBLISHED, event))
        return
      }
      work = { ...work, ...publishedAfter(work, event) }
      switch (event.type) {
        case 'agent.session':
          hasSession = true
          break
        case 'turn.started':
          work = empty(source)
          break
        case 'work.patch':
          work = { ...work, changed: true, changes: event.changes ?? null }
          break
        case 'work.kept':
        case 'work.rebased':
          work.commits = event.commits.length
          work.changed = work.commits > 0 || event.wip !== null
          work.changes = event.changes ?? null
          break
        case 'agent.usage': {
          const { input, output, cost } = work.tokens
          const { inputTokens, outputTokens, costUsd = 0 } = event.usage
          work.tokens = { input: input + inputTokens, output: output + outputTokens, cost: cost + costUsd }
          break
        }
        case 'egress.denied':
          work.denied.set(`${event.host}:${event.port}`, event.count)
          break
        case 'gateway.usage':
          work.models = addModel(work.models, event)
          break
        default:
      }
    },
    lines: (outcome) => [
      ...summary(work, provider.model).map((line) => `  ${line}`),
      ...aligned([...takeSteps(id, work, cwd), ...goOnSteps(id, work, outcome, hasSession), ...deniedSteps(id, work)]),
    ],
  }
}
