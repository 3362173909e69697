import { type Call, recordPhases } from './phases.ts'
import type { benchHome } from './sandbox.ts'

/** `berth run` with these arguments, and when it was called and came back, for the phases of its last rounds. */
export const notedRuns = ({ berth, env }: ReturnType<typeof benchHome>, args: readonly string[], rounds: number) => {
  const calls: Omit<Call, 'id'>[] = []
  const run = async (): Promise<void> => {
    const from = Date.now()
    await berth('run', ...args, 'nothing')
    calls.push({ from, to: Date.now() })
  }
  /** Of the last rounds: the round that warms up is left out. */
  const phases = async (name: string): Promise<void> => {
    const { tasks } = JSON.parse(await berth('ls', '-a', '--json', '--limit', String(rounds))) as {
      tasks: { id: string }[]
    }
    // The newest first.
    const own = tasks.map(({ id }, at) => ({ ...(calls.at(-1 - at) ?? { from: 0, to: 0 }), id }))
    recordPhases(name, env.BERTH_HOME, own)
  }
  return { run, phases }
}
