import { setTimeout as delay } from 'node:timers/promises'
import { isAlone, liveInContainer, liveWithMark } from './live-processes.ts'

const LIMIT_MS = 5000
const LOOK_MS = 5

const kill = (pid: number) => {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It was faster.
  }
}

/** Kills all that is left of the agent, whatever session or group it is in, and tells how many were found alive. */
export const sweep = async (
  group: number,
  mark: string,
): Promise<{ readonly found: number; readonly alone: boolean }> => {
  const alone = isAlone()
  const live = () => (alone ? liveInContainer() : liveWithMark(group, mark))
  let left = live()
  const found = left.length
  // Twice at least: what forks while we look is not in the list.
  for (const until = Date.now() + LIMIT_MS; left.length > 0 && Date.now() < until; left = live()) {
    if (alone) kill(-1)
    else for (const pid of left) kill(pid)
    await delay(LOOK_MS)
  }
  return { found, alone }
}
