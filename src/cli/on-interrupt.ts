import type { EventOutput } from './event-output.ts'

/** The first interrupt stops the task, a second one leaves it to the supervisor. The returned function ends that. */
export const onInterrupt = (
  output: Pick<EventOutput, 'note'>,
  stop: () => Promise<unknown>,
  detach: () => void,
): (() => void) => {
  let asked = false
  const listener = () => {
    if (asked) return detach()
    asked = true
    output.note('\nberth: stopping the task (press Ctrl-C again to detach)\n')
    stop().catch(() => {})
  }
  process.on('SIGINT', listener)
  process.on('SIGTERM', listener)
  return () => {
    process.off('SIGINT', listener)
    process.off('SIGTERM', listener)
  }
}
