import { existsSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { removeTree } from '../std/remove-tree.ts'

/** Folders of token daemons, and of the tokens that they keep: somebody may run one without a supervisor. */
const DAEMONS = 'd'
const OF_DAEMONS: readonly string[] = [DAEMONS, 'secrets']

const namesIn = (folder: string): readonly string[] => (existsSync(folder) ? readdirSync(folder) : [])

/** Removes the folder of the sockets, but for what belongs to a token daemon that listens there. */
export const removeRuntime = async (runtime: string): Promise<void> => {
  const kept = namesIn(join(runtime, DAEMONS)).length === 0 ? [] : OF_DAEMONS
  const gone = kept.length === 0 ? [runtime] : namesIn(runtime).filter((name) => !kept.includes(name))
  for (const name of gone) await removeTree(resolve(runtime, name))
}
