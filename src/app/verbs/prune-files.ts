import { existsSync, readdirSync, statSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { PruneAnswer } from '../../api/answers.ts'
import { isTrash } from '../../domain/task-paths.ts'
import { treeBytes } from '../../std/tree-bytes.ts'
import type { Deps } from '../deps.ts'
import { usedMirrors } from '../task/used-mirrors.ts'
import { folderBytes, removeFolder } from '../task/work-folder.ts'

type Step = { readonly item: PruneAnswer['pruned'][number]; readonly carryOut: () => Promise<unknown> }

const DAY_MS = 24 * 3_600_000
/** A mirror is a cache that a next task may want. */
const MIRROR_MS = 30 * DAY_MS
const LOG_MS = 7 * DAY_MS

const namesIn = (folder: string): readonly string[] => (existsSync(folder) ? readdirSync(folder) : [])

const changedAt = (path: string): number => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0

const mirrorSteps = async (
  deps: Pick<Deps, 'git' | 'installation' | 'store'>,
  before: number,
): Promise<readonly Step[]> => {
  const folder = join(deps.installation.folders.state, 'mirrors')
  const used = usedMirrors(deps)
  const steps: Step[] = []
  for (const name of namesIn(folder)) {
    const path = join(folder, name)
    // Pins come and go with the tasks that used it last.
    const last = Math.max(...['', 'refs/berth/base', 'FETCH_HEAD'].map((part) => changedAt(join(path, part))))
    if (used.has(path) || last > before) continue
    const carryOut = () => deps.git.dropMirror(path, () => !usedMirrors(deps).has(path))
    steps.push({ item: { kind: 'mirror', id: name, bytes: await treeBytes(path) }, carryOut })
  }
  return steps
}

/** Shared trees that no task's workspace needs; a next task may want the newest one. */
const treeSteps = async (
  deps: Pick<Deps, 'git' | 'installation' | 'store'>,
  before: number,
): Promise<readonly Step[]> => {
  const root = join(deps.installation.folders.state, 'trees')
  const counts = (pin: string) => deps.store.get(pin)?.record.emptied === false
  const steps: Step[] = []
  for (const id of namesIn(root).flatMap((mirror) => namesIn(join(root, mirror)).map((name) => join(mirror, name)))) {
    const path = join(root, id)
    const pins = join(path, 'pins')
    const last = Math.max(changedAt(join(path, 'index')), changedAt(pins))
    if (last > before || namesIn(pins).some(counts)) continue
    const carryOut = () => deps.git.dropTree(path, counts)
    steps.push({ item: { kind: 'tree', id, bytes: await treeBytes(path) }, carryOut })
  }
  return steps
}

/** Logs of ended gateways and supervisors; a gateway may still write its newest one. */
const logSteps = (
  {
    installation: {
      folders: { state },
    },
  }: Pick<Deps, 'installation'>,
  before: number,
): readonly Step[] => {
  const gateways = namesIn(join(state, 'gateway')).toSorted().slice(0, -1)
  const own = namesIn(state).filter((name) => name === 'supervisor.log.1' || name.startsWith('berth.db.corrupt-'))
  return [...gateways.map((name) => `gateway/${name}`), ...own].flatMap((name) => {
    const path = join(state, name)
    const stat = statSync(path, { throwIfNoEntry: false })
    if (stat === undefined || stat.mtimeMs > before) return []
    return [{ item: { kind: 'log' as const, id: name, bytes: stat.size }, carryOut: () => rm(path, { force: true }) }]
  })
}

/** Files of removed tasks that could not be deleted. */
const trashSteps = ({
  installation: {
    folders: { state },
  },
}: Pick<Deps, 'installation'>): Promise<readonly Step[]> =>
  Promise.all(
    namesIn(state)
      .filter(isTrash)
      .map(async (name) => {
        const path = join(state, name)
        const item = { kind: 'trash' as const, id: name, bytes: await folderBytes(path) }
        return { item, carryOut: () => removeFolder(path) }
      }),
  )

/**
 * Trash, old logs, and shared trees and mirrors that no task uses. `olderThanMs`: as asked, else an age of their own;
 * with `tight` all but the last day's logs. Nothing of it is anybody's work.
 */
export const fileSteps = async (
  deps: Pick<Deps, 'clock' | 'git' | 'installation' | 'store'>,
  { olderThanMs, tight }: { readonly olderThanMs: number | null; readonly tight: boolean },
): Promise<readonly Step[]> => {
  const now = deps.clock.now().getTime()
  const logAge = Math.max(DAY_MS, olderThanMs ?? (tight ? 0 : LOG_MS))
  const caches = now - (olderThanMs ?? (tight ? 0 : MIRROR_MS))
  return [
    ...(await trashSteps(deps)),
    ...logSteps(deps, now - logAge),
    ...(await treeSteps(deps, caches)),
    ...(await mirrorSteps(deps, caches)),
  ]
}
