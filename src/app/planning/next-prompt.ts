import type { LiveTask } from '../task/live-task.ts'
import { promptOf } from '../task/prompt-of.ts'

/** What an agent is told whose session has the prompt already. */
export const GO_ON = 'Continue with the task where you left off.'

const wasHeard = (live: LiveTask, turn: number): boolean => {
  for (const event of live.journal.select('agent.session')) if (event.turn === turn) return true
  return false
}

/** What the agent is told when a turn is tried again: to go on where its session heard the prompt, else the prompt. */
export const nextPrompt = (live: LiveTask, turn: number): string =>
  live.record.session !== null && wasHeard(live, turn) ? GO_ON : promptOf(live, turn)
