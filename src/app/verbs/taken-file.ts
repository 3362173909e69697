import { readFile, rm } from 'node:fs/promises'
import { LOGIN_BYTES, LOGIN_FILE } from '../../domain/worker-protocol.ts'
import type { Engine } from '../../engines/engine.ts'
import type { Plan } from '../../plan/plan.ts'
import { takeFile } from '../../std/take-file.ts'
import { frameReader } from '../container/frame-reader.ts'

/** Why the worker copied no credential file, in its own words; null where it said nothing. */
const problemOf = async (engine: Engine, container: string, signal: AbortSignal): Promise<string | null> => {
  const reader = frameReader(0)
  let problem: string | null = null
  for await (const { data } of engine.logs(container, { follow: true }, signal))
    for (const one of reader.push(data)) {
      if (one.kind !== 'frame') continue
      if (one.frame.k === 'taken') problem = one.frame.problem ?? null
      if (one.frame.k === 'fail') problem = one.frame.message
    }
  return problem
}

/**
 * Ends the worker of a container that holds a login, and reads the credential file that it copied out: null where there is
 * none. Throws Error with a sentence where there is one that cannot be had.
 */
export const takenFile = async (
  { plan, engine, container }: { readonly plan: Plan; readonly engine: Engine; readonly container: string },
  signal: AbortSignal,
): Promise<string | null> => {
  await engine.kill(container, 'SIGTERM', signal)
  await engine.wait(container, signal)
  const problem = await problemOf(engine, container, signal)
  if (problem !== null) throw new Error(`its credential file cannot be taken: ${problem}`)
  const to = `${plan.folders.task}/${LOGIN_FILE}`
  const taken = await takeFile({ from: `${plan.folders.exchange}/${LOGIN_FILE}`, to, maxBytes: LOGIN_BYTES })
  if (typeof taken === 'string') throw new Error(`its credential file cannot be taken: ${taken}`)
  if (taken === null) return null
  try {
    return await readFile(to, 'utf8')
  } finally {
    await rm(to, { force: true })
  }
}
