import type { LiveTask } from './live-task.ts'

/** What the agent said last in a turn: its summary; empty where it said nothing. */
export const lastMessage = ({ journal }: Pick<LiveTask, 'journal'>, turn: number): string => {
  let text = ''
  for (const event of journal.select('agent.message')) if (event.turn === turn) text = event.text
  return text
}
