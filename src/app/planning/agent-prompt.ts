import type { Plan } from '../../plan/plan.ts'
import { askAgain, resultPrompt } from '../../plan/result-prompt.ts'
import { reviewPrompt } from '../../plan/review-prompt.ts'
import type { LiveTask } from '../task/live-task.ts'
import { unfitProblems } from '../task/result-answer.ts'
import { askedPrompt, attemptPrompt } from '../task/turn-prompts.ts'

/** The prompt for an agent whose session already has the one that was asked. */
export const GO_ON = 'Continue with the task where you left off.'

const wasHeard = (live: LiveTask, turn: number): boolean => {
  for (const event of live.journal.select('agent.session')) if (event.turn === turn) return true
  return false
}

/**
 * The prompt of a turn's next attempt: the agent continues if its session has heard the turn's prompt. At a terminal a
 * person says so. If the last answer was no result, the agent reads why.
 */
export const retryPrompt = (live: LiveTask, turn: number): string => {
  const isHeard = live.record.session !== null && wasHeard(live, turn)
  const problems = unfitProblems(live, turn)
  if (problems !== undefined) return [...(isHeard ? [] : [askedPrompt(live, turn)]), askAgain(problems)].join('\n\n')
  if (!isHeard) return askedPrompt(live, turn)
  return live.record.mode === 'interactive' ? '' : GO_ON
}

/** The prompts of the turns before this one, which no session has heard; withdrawn turns are left out. */
const unheardPrompts = (live: Pick<LiveTask, 'journal' | 'record'>, turn: number): readonly string[] =>
  live.record.turns
    .filter((one) => one.turn < turn && one.outcome?.class !== 'withdrawn')
    .map((one) => askedPrompt(live, one.turn))
    .filter((prompt) => prompt.trim() !== '')

/** True if the agent reads more than the turn's own prompt, as its session has not heard the prompts before. */
export const hasUnheard = (live: Pick<LiveTask, 'journal' | 'record'>, turn: number): boolean =>
  unheardPrompts(live, turn).length > 0

/**
 * The whole text that the agent reads. A new session also gets the prompts of the earlier turns, because it has not heard
 * them. A review gets its instructions. The paths of the prompt's files come last.
 */
export const agentPrompt = (
  live: Pick<LiveTask, 'journal' | 'record'>,
  { turn, resume, review, result, files = [] }: Pick<Plan, 'turn' | 'resume' | 'review' | 'result' | 'files'>,
  supports: { readonly resume: boolean },
): string => {
  const own = attemptPrompt(live, turn)
  const earlier = supports.resume && resume === null ? unheardPrompts(live, turn) : []
  const prompt = [...earlier, own].filter((part) => part !== '').join('\n\n')
  const text = review === undefined ? prompt : reviewPrompt({ prompt, base: review.base, discards: true })
  const named = files.map(({ path, mention }) => `- ${mention ? '@' : ''}${path}\n`).join('')
  const parts = [
    ...(text === '' ? [] : [text]),
    ...(result === undefined ? [] : [resultPrompt(result.schema)]),
    ...(files.length === 0 ? [] : [`Files that go with this prompt:\n${named}`]),
  ]
  return parts.join('\n\n')
}
