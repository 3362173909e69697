import { execFileSync } from 'node:child_process'
import { agentBegan } from './phases.ts'
import { median } from './ratio.ts'
import type { benchHome } from './sandbox.ts'

const LATER = 3

/** A run: ms until its agent began in the work tree, and until all was over. What was written before is on the disk. */
type Ready = { readonly ready: number; readonly whole: number }

const once = async ({ berth, env }: ReturnType<typeof benchHome>, args: readonly string[]): Promise<Ready> => {
  execFileSync('sync')
  const from = Date.now()
  await berth('run', ...args, 'nothing')
  const whole = Date.now() - from
  const { tasks } = JSON.parse(await berth('ls', '-a', '--json', '--limit', '1')) as { tasks: { id: string }[] }
  const id = tasks[0]?.id ?? ''
  const ready = agentBegan(env.BERTH_HOME, id) - from
  await berth('rm', '--force', id)
  return { ready, whole }
}

/** The first run on a repository, and the median of further ones. */
export const readyRuns = async (home: ReturnType<typeof benchHome>, args: readonly string[], rounds = LATER) => {
  const first = await once(home, args)
  const all: Ready[] = []
  for (let round = 0; round < rounds; round += 1) all.push(await once(home, args))
  const later = { ready: median(all.map(({ ready }) => ready)), whole: median(all.map(({ whole }) => whole)) }
  process.stdout.write(
    `ready after ${first.ready} ms, later ${later.ready}; whole run ${first.whole} ms, later ${later.whole}\n`,
  )
  return { first, later }
}
