import type { Plan } from '../../plan/plan.ts'
import type { LiveTask } from '../task/live-task.ts'
import { promptOf } from '../task/prompt-of.ts'

/** What the agent is told: a session that begins only now is also told what turns before it asked, for none heard them. */
export const fullPrompt = (
  live: Pick<LiveTask, 'journal' | 'record'>,
  { turn, resume }: Pick<Plan, 'turn' | 'resume'>,
  prompt: string,
): string => {
  if (resume !== null) return prompt
  const unheard = live.record.turns.filter((one) => one.turn < turn && one.outcome?.class !== 'withdrawn')
  return [...unheard.map((one) => promptOf(live, one.turn)), prompt].join('\n\n')
}
