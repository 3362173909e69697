import { BerthError } from '../../domain/errors.ts'
import type { TaskRequest } from '../../domain/request.ts'
import { FINAL, type TaskRecord } from '../../domain/task.ts'
import type { Facts } from '../../plan/facts.ts'
import { planUser } from '../../plan/user.ts'
import { isBeneath } from '../../std/is-beneath.ts'
import type { Deps } from '../deps.ts'
import { onlyInside } from '../task/unsaved-work.ts'
import { checkNamedFolder, lookAtFolder, ownerOf } from './named-folder.ts'

/** The folder of a new task's workspace, and the ended task that left it. */
export type Placed = { readonly path: string; readonly reused: string | null }

type Input = {
  readonly deps: Pick<Deps, 'config' | 'installation' | 'store'>
  readonly request: TaskRequest
  readonly facts: Facts
}

type Judged = { readonly reused: string | null } | { readonly why: string }

const MOST_NUMBERS = 10_000

/** Tasks whose work tree lies at the path, in it or around it. Who only mounted a folder is done with it at its end. */
const claimants = (records: readonly TaskRecord[], path: string): readonly TaskRecord[] =>
  records.filter(
    ({ workspace, emptied, state, repository }) =>
      workspace !== null &&
      !emptied &&
      (isBeneath(workspace, path) || isBeneath(path, workspace)) &&
      (repository.kind !== 'mount' || !FINAL.has(state)),
  )

/** Why a new task cannot have the folder of a known one; null if it can. */
const whyNot = (holder: TaskRecord, path: string, { request, facts }: Input): string | null => {
  const { id, state, kept, repository } = holder
  if (holder.workspace !== path) return `the task ${id} works in ${holder.workspace}`
  if (!FINAL.has(state) || kept != null) return `the task ${id} works there`
  if (!request.reuseExisting) return `it is the work tree of the task ${id}`
  const { source, further } = facts
  if (request.submodules !== 'none') return 'Berth reuses no folder for a task with --submodules'
  if (further !== undefined || holder.further !== undefined)
    return `${id}: Berth reuses no folder of several repositories`
  if (source.kind !== 'clone' || repository.kind !== 'clone' || repository.url !== source.url)
    return `the task ${id} worked there on another repository`
  const left = onlyInside(holder)
  if (left !== null) return `${id}: ${left}`
  if (lookAtFolder(path, process.getuid?.() ?? 0) === 'missing') return null
  const owner = planUser(request, facts).owner?.uid ?? process.getuid?.() ?? 0
  return ownerOf(path) === owner ? null : `its files belong to uid ${ownerOf(path)}, and the task runs as uid ${owner}`
}

const judge = (path: string, records: readonly TaskRecord[], input: Input): Judged => {
  const look = lookAtFolder(path, process.getuid?.() ?? 0)
  const [holder, other] = claimants(records, path)
  if (holder === undefined) {
    if (look !== 'full') return { reused: null }
    return { why: input.request.reuseExisting ? 'it is not empty, and no task worked there' : 'it is not empty' }
  }
  const why = whyNot(holder, path, input) ?? (other === undefined ? null : `the task ${other.id} works there, too`)
  return why === null ? { reused: holder.id } : { why }
}

const inUse = (path: string, why: string) => new BerthError('workspace-in-use', `--workspace ${path}: ${why}`)

/** Chooses the folder of a new task's workspace; undefined if the user named none. Throws where it cannot be had. */
export const placeWorkspace = (input: Input): Placed | undefined => {
  const { deps, request, facts } = input
  const { workspace, workspaceTemplate } = request
  if (workspace === undefined && workspaceTemplate === undefined) return undefined
  const { state } = deps.installation.folders
  const check = { settings: deps.config.settings(), state, uid: process.getuid?.() ?? 0 }
  const records = deps.store.list({ all: true })
  // The submit is sent again.
  const own = records.find(({ id }) => id === facts.task)?.workspace
  if (own != null) return { path: own, reused: null }
  if (workspace !== undefined) {
    const path = checkNamedFolder(workspace, check)
    const judged = judge(path, records, input)
    if ('why' in judged) throw inUse(path, judged.why)
    return { path, ...judged }
  }
  const template = workspaceTemplate ?? ''
  for (let n = 1; n < MOST_NUMBERS; n += 1) {
    const path = checkNamedFolder(template.replace('{n}', String(n)), check)
    const judged = judge(path, records, input)
    if (!('why' in judged)) return { path, ...judged }
  }
  throw inUse(template, `none of ${MOST_NUMBERS} numbers is free`)
}
