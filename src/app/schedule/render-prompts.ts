import { BerthError } from '../../domain/errors.ts'
import { quoteResults } from '../../domain/quote-results.ts'
import { resultReferences } from '../../domain/result-references.ts'
import { taskPaths } from '../../domain/task-paths.ts'
import type { Plan } from '../../plan/plan.ts'
import { faultPoint } from '../../std/fault-point.ts'
import { resultProblem } from '../planning/refuse-after.ts'
import { refusePrompt } from '../planning/refuse-terminal.ts'
import { askedRequest } from '../task/asked-request.ts'
import type { LiveTask } from '../task/live-task.ts'
import { outcomeOfError } from '../task/outcome-of-error.ts'
import { taskResultText } from '../task/task-result-text.ts'
import { type TaskBefore, tasksBefore } from '../task/tasks-before.ts'
import { unrenderedPrompt } from '../task/turn-prompts.ts'
import { currentRecord } from './current-record.ts'
import type { Scheduler } from './scheduler.ts'

type Reading = Pick<Scheduler, 'registry' | 'shutdown'> & {
  readonly deps: Pick<Scheduler['deps'], 'git' | 'store'>
}
type Before = ReadonlyMap<string, TaskBefore>

/** The results that the prompt names, by session and field. */
const resultsOf = async (
  { deps, registry, shutdown }: Reading,
  prompt: string,
  before: Before,
): Promise<ReadonlyMap<string, string>> => {
  const results = new Map<string, string>()
  for (const { session, field } of resultReferences(prompt)) {
    const record = before.get(session)?.record
    if (field === undefined || record === undefined) continue
    const folder = registry.folderOf(record.id)
    const journal = registry.get(record.id)?.live.journal ?? deps.store.reader(taskPaths(folder).journal)
    const text = await taskResultText({ deps, record, journal, folder, signal: shutdown }, field)
    results.set(`${session}.${field}`, text)
  }
  return results
}

/** A task that was removed has no results. */
const refuseRemoved = (prompt: string, before: Before): void => {
  for (const { session } of resultReferences(prompt)) {
    const found = before.get(session)
    if (found !== undefined && found.record === undefined)
      throw new BerthError('not-found', `the prompt names results of ${session} (${found.task}), which was removed`)
  }
}

const withResults = async (reading: Reading, live: LiveTask, asked: string, before: Before): Promise<string> => {
  const problem = resultProblem(asked, before)
  if (problem !== undefined) throw new BerthError('bad-request', problem)
  if (askedRequest(live).afterFailed !== 'run') refuseRemoved(asked, before)
  const results = await resultsOf(reading, asked, before)
  const prompt = quoteResults(asked, (session, field) => results.get(`${session}.${field}`) ?? '')
  refusePrompt(prompt, live.record.mode)
  return prompt
}

/** An edit may come while the results are read: its prompt is the one that counts. */
const render = async (reading: Reading, live: LiveTask, turn: number, before: Before): Promise<void> => {
  for (let asked = unrenderedPrompt(live, turn); asked !== undefined; ) {
    if (resultReferences(asked).length === 0) return
    const prompt = await withResults(reading, live, asked, before)
    if (unrenderedPrompt(live, turn) === asked)
      await live.commit({ type: 'turn.rendered', turn, prompt, promptBytes: Buffer.byteLength(prompt) })
    faultPoint('turn.rendered')
    asked = unrenderedPrompt(live, turn)
  }
}

/**
 * Puts the results of other tasks into the prompt of a turn that begins, and into those before it that its agent may
 * read, too. The turn fails if that cannot be done.
 */
export const renderPrompts = async (reading: Reading, live: LiveTask, { turn }: Plan): Promise<void> => {
  const { after, turns } = live.record
  if (after === undefined || turns.find((one) => one.turn === turn)?.state !== 'queued') return
  const before = tasksBefore(after, currentRecord(reading))
  try {
    for (const one of turns)
      if (one.turn <= turn && one.outcome?.class !== 'withdrawn') await render(reading, live, one.turn, before)
  } catch (error) {
    if (!(error instanceof BerthError)) throw error
    if (live.record.turns.find((one) => one.turn === turn)?.state !== 'queued') return
    await live.commit({ type: 'turn.ended', turn, outcome: outcomeOfError(error) })
  }
}
