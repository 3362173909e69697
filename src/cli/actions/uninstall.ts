import { existsSync, readdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { folderBytes } from '../../app/task/work-folder.ts'
import { client } from '../../client/client.ts'
import { BerthError, EXIT } from '../../domain/errors.ts'
import { FINAL } from '../../domain/task.ts'
import { tasksFolder } from '../../domain/task-paths.ts'
import { installDirs } from '../../install/install-dirs.ts'
import { ownParts } from '../../install/own-parts.ts'
import { formatBytes } from '../../std/bytes.ts'
import { errorMessage } from '../../std/error-message.ts'
import type { Context } from '../context.ts'
import { installation } from '../installation.ts'
import { smallFiles, stateFolder } from '../own-files.ts'
import { endProcess, ownProcesses } from '../own-processes.ts'

export type UninstallOptions = { readonly dryRun?: boolean; readonly force?: boolean; readonly json?: boolean }

type Part = { readonly kind: string; readonly name: string; readonly bytes?: number }
type Kept = { readonly kind: string; readonly name: string; readonly why: string }

/** What was removed, or would be, and what stays with the reason. One part that cannot be removed keeps no other. */
const removals = (dryRun: boolean) => {
  const removed: Required<Part>[] = []
  const kept: Kept[] = []
  return {
    removed,
    kept,
    keep: (kind: string, name: string, why: string) => void kept.push({ kind, name, why }),
    async remove({ kind, name, bytes = 0 }: Part, carryOut: () => Promise<unknown>): Promise<boolean> {
      try {
        if (!dryRun) await carryOut()
        removed.push({ kind, name, bytes })
        return true
      } catch (error) {
        kept.push({ kind, name, why: errorMessage(error) })
        return false
      }
    },
  }
}
type Removals = ReturnType<typeof removals>

const taskIds = ({ paths }: Context): readonly string[] => {
  const folder = tasksFolder(paths.state)
  return existsSync(folder) ? readdirSync(folder).filter((name) => !name.startsWith('.')) : []
}

/** Removes the tasks as `berth rm` does; true where none is left. */
const removeTasks = async (context: Context, book: Removals, { dryRun = false, force = false }: UninstallOptions) => {
  const ids = taskIds(context)
  if (ids.length === 0) return true
  const api = client(context)
  const { tasks } = await api.ask('list', { query: { all: 'true' } })
  const going = tasks.filter(({ state }) => !FINAL.has(state)).map(({ id }) => id)
  if (going.length > 0 && !force && !dryRun)
    throw new BerthError('not-allowed', `these tasks are not over: ${going.join(', ')}`, {
      hint: 'Stop them with `berth stop`, and push or apply the work that you want to keep. --force removes them anyway.',
    })
  let left = 0
  for (const id of ids) {
    const bytes = await folderBytes(join(tasksFolder(context.paths.state), id))
    try {
      await api.ask('remove', { id, body: { force, dryRun } })
      book.removed.push({ kind: 'task', name: id, bytes })
    } catch (error) {
      book.keep('task', id, errorMessage(error).replace(`${id}: `, ''))
      left += 1
    }
  }
  return left === 0
}

const endProcesses = async ({ paths: { state } }: Context, book: Removals): Promise<void> => {
  for (const one of ownProcesses(state))
    await book.remove({ kind: 'process', name: `${one.name} ${one.pid}` }, () => endProcess(one, state))
}

/** Another place of this machine where an installation has a toolbox, which uses the images too. */
const sharedInstallation = (context: Context): string | null => {
  const { options } = installation(context)
  const { BERTH_INSTALL_DIR: _named, ...env } = options.env
  const places = installDirs(env, context.uid, context.env['HOME'] || homedir()).read
  const others = places.filter((place) => place !== options.install && existsSync(join(place, 'toolbox')))
  return others[0] ?? null
}

const print = ({ stdout, stderr }: Context, { removed, kept }: Removals, dryRun: boolean, bytes: number): void => {
  const word = dryRun ? 'would remove' : 'removed'
  for (const one of removed)
    stdout.write(`${word} ${one.kind} ${one.name}${one.bytes > 0 ? ` ${formatBytes(one.bytes)}` : ''}\n`)
  stdout.write(`${dryRun ? 'would free' : 'freed'} ${formatBytes(bytes)}\n`)
  for (const { kind, name, why } of kept) stderr.write(`kept ${kind} ${name}: ${why}\n`)
}

/** Removes what Berth has made on this machine for this user, but for the program itself and the settings. */
export const uninstallAction = async (context: Context, options: UninstallOptions): Promise<number> => {
  const { dryRun = false } = options
  const { paths, stdout } = context
  const book = removals(dryRun)
  const none = await removeTasks(context, book, options)
  await endProcesses(context, book)
  const parts = await ownParts(installation(context).options, sharedInstallation(context))
  for (const part of parts) {
    if (part.why === null) await book.remove(part, part.remove)
    else book.keep(part.kind, part.name, part.why)
  }
  const state = await stateFolder(context)
  if (state !== null && none) await book.remove(state, state.remove)
  else if (state !== null) book.keep('state', state.name, 'it holds the tasks above')
  for (const file of await smallFiles(context)) await book.remove(file, file.remove)
  if (existsSync(paths.configFile)) book.keep('settings', paths.configFile, 'they are yours')
  const bytes = book.removed.reduce((sum, one) => sum + one.bytes, 0)
  if (options.json) stdout.write(`${JSON.stringify({ dryRun, removed: book.removed, kept: book.kept, bytes })}\n`)
  else print(context, book, dryRun, bytes)
  return EXIT.done
}
