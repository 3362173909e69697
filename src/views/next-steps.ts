import type { Event } from '../domain/event.ts'
import type { Outcome } from '../domain/outcome.ts'
import { terminalLine } from '../std/terminal-safe.ts'

/** Reads a task's events as they come; gives, when it is over, the commands that a person may want to type next. */
export const nextSteps = (id: string): { take(event: Event): void; lines(outcome: Outcome): readonly string[] } => {
  let pushed: Extract<Event, { type: 'work.pushed' }> | null = null
  let changed = false
  let commits = 0
  return {
    take(event) {
      if (event.type === 'work.pushed') pushed = event
      if (event.type === 'work.patch') changed = true
      if (event.type !== 'work.kept') return
      commits = event.commits.length
      changed = commits > 0 || event.wip !== null
    },
    lines(outcome) {
      const steps: (readonly [command: string, what: string])[] = []
      if (changed || pushed !== null) steps.push([`berth diff ${id}`, 'what the agent changed'])
      if (pushed !== null)
        steps.push([`git fetch ${terminalLine(pushed.remote)} ${terminalLine(pushed.branch)}`, 'its work, here'])
      else if (commits > 0 && outcome.class === 'push') steps.push([`berth push ${id}`, 'try to push it again'])
      else if (commits > 0 && outcome.result !== 'done') steps.push([`berth push ${id}`, 'push what there is'])
      if (outcome.result === 'failed' || outcome.result === 'died')
        steps.push([`berth status -v ${id}`, 'all that is known of it'])
      return steps.map(([command, what]) => `  ${command}   # ${what}`)
    },
  }
}
