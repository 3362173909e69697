import type { Outcome } from '../../domain/outcome.ts'
import type { TaskRecord } from '../../domain/task.ts'
import type { Plan } from '../../plan/plan.ts'
import { faultPoint } from '../../std/fault-point.ts'
import { attemptMessage, checkAnswer, unfitProblems, unfitReason } from '../task/result-answer.ts'
import type { Running } from './running.ts'

const unfit = (outcome: Outcome, problems: readonly string[]): Outcome => ({
  ...outcome,
  result: 'failed',
  class: 'agent',
  reason: unfitReason(problems),
})

/**
 * Checks the result that the task asks for, and keeps it. An attempt whose answer does not fit has failed: Berth keeps
 * its work and does not push it.
 */
export const keepResult = async (
  { live, plan, history }: Pick<Running, 'live' | 'plan' | 'history'>,
  outcome: Outcome,
): Promise<Outcome> => {
  if (plan.result === undefined || outcome.result !== 'done') return outcome
  const { turn, attempt } = plan
  // An earlier supervisor has checked it.
  if (history.journaledTypes.has('result.kept')) return outcome
  if (history.journaledTypes.has('result.unfit')) return unfit(outcome, unfitProblems(live, turn) ?? [])
  const answer = attemptMessage(live, turn)
  const read = await checkAnswer(plan.result.schema, answer)
  if (read.ok) {
    await live.commit({ type: 'result.kept', turn, attempt, json: JSON.stringify(read.value) })
    faultPoint('result.kept')
    return outcome
  }
  const problems = read.error.split('\n')
  await live.commit({ type: 'result.unfit', turn, attempt, problems, answer })
  faultPoint('result.unfit')
  return unfit(outcome, problems)
}

/** Whether Berth asks the agent again for a result: the attempt's answer does not fit, and there are tries left. */
export const asksAgain = (
  { turns }: Pick<TaskRecord, 'turns'>,
  { turn, attempt, result }: Pick<Plan, 'turn' | 'attempt' | 'result'>,
  outcome: Outcome,
): boolean => {
  const last = turns.find((one) => one.turn === turn)?.result
  if (result === undefined || last === undefined || outcome.result !== 'failed' || outcome.class !== 'agent')
    return false
  return !last.fits && last.attempt === attempt && last.checked <= result.tries
}
