import { existsSync, readdirSync, rmdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { folderBytes, removeFolder } from '../app/task/work-folder.ts'
import { isTrash } from '../domain/task-paths.ts'
import { removeTree } from '../std/remove-tree.ts'
import { treeBytes } from '../std/tree-bytes.ts'
import { xdg } from '../std/xdg.ts'
import { completionFile } from './completion-file.ts'
import { COMPLETION_SCRIPTS } from './completion-script.ts'
import type { Context } from './context.ts'

/** What Berth writes into a state folder, beside the tasks: a folder that BERTH_HOME names may have more in it. */
const STATE =
  /^(?:berth\.db.*|supervisor\.(?:log|lock).*|usage\.jsonl.*|images\.json|tasks|mirrors|trees|gateway|logins|host|fault)$/
const RECORDS = /^(?:pool|berth-probe)-.*\.json$/

const isOwn = (name: string): boolean => STATE.test(name) || RECORDS.test(name) || isTrash(name)

export type OwnFile = {
  readonly kind: 'state' | 'sockets' | 'cache' | 'completion'
  readonly name: string
  readonly bytes: number
  readonly remove: () => Promise<void>
}

const namesIn = (folder: string): readonly string[] => (existsSync(folder) ? readdirSync(folder) : [])

/** The state folder without the settings in it, and without what is not Berth's; the folder itself where nothing stays. */
export const stateFolder = async ({ paths: { state } }: Context): Promise<OwnFile | null> => {
  const own = namesIn(state).filter(isOwn)
  if (own.length === 0) return null
  // The tasks are counted one by one.
  const sizes = await Promise.all(own.filter((name) => name !== 'tasks').map((name) => folderBytes(join(state, name))))
  return {
    kind: 'state',
    name: state,
    bytes: sizes.reduce((sum, one) => sum + one, 0),
    async remove() {
      for (const name of own) await removeFolder(join(state, name))
      if (namesIn(state).length === 0) rmdirSync(state)
    },
  }
}

/** Sockets, compiled code, and completions that Berth has installed: no work is in them. */
export const smallFiles = async ({ paths, env }: Context): Promise<readonly OwnFile[]> => {
  const home = env['HOME'] || homedir()
  const completions = Object.keys(COMPLETION_SCRIPTS).flatMap((shell) => {
    const file = completionFile(shell, env, home)
    return file?.there === 'current' || file?.there === 'own' ? [file.path] : []
  })
  const there = [
    { kind: 'sockets' as const, name: paths.runtime },
    { kind: 'cache' as const, name: join(xdg(env, home).cache, 'berth') },
    ...completions.map((name) => ({ kind: 'completion' as const, name })),
  ].filter(({ name }) => existsSync(name))
  return await Promise.all(
    there.map(async (one) => ({
      ...one,
      bytes: await treeBytes(one.name),
      remove: () => removeTree(one.name),
    })),
  )
}
