import { LABEL } from '../domain/container-spec.ts'
import { outputSession } from '../domain/output-place.ts'
import { questionOf } from '../domain/question.ts'
import type { StateFile } from '../domain/state-file.ts'
import type { TaskRecord } from '../domain/task.ts'
import { workBranch, workPlaces } from '../domain/work-branch.ts'
import type { Plan } from '../plan/plan.ts'

/** What the container of a task's last turn was given. */
export type Given = Pick<StateFile, 'env' | 'mounts'>

export const givenBy = ({ container, order, envFrom }: Pick<Plan, 'container' | 'envFrom' | 'order'>): Given => ({
  mounts: container.mounts.map(({ source, target, readOnly, role }) => ({ source, target, readOnly, role })),
  env: [...new Set([...Object.keys(container.env), ...Object.keys(order.run?.env ?? {}), ...envFrom])].toSorted(),
})

const containerOf = ({ container }: TaskRecord): StateFile['container'] =>
  container === null || container.state === 'removed' ? null : { id: container.id, name: container.name }

const outcomeOf = ({ outcome }: TaskRecord): StateFile['outcome'] => {
  if (outcome === null) return null
  const { result, class: kind, reason, exitCode } = outcome
  return { result, class: kind, reason, exitCode }
}

/** What state.json says of a task. `at`: the time of its last event. `journal`: the path of its journal. */
export const stateFileOf = (
  record: TaskRecord,
  { at, journal, given }: { readonly at: string; readonly journal: string; readonly given: Given },
): StateFile => {
  const { id, labels, provider, output } = record
  return {
    version: 1,
    updatedAt: at,
    task: id,
    session: outputSession(record),
    role: labels[LABEL.role] ?? null,
    owner: labels[LABEL.owner] ?? null,
    manifest: record.manifest?.name ?? null,
    title: record.title,
    state: record.state,
    phase: record.phase,
    reason: record.reason,
    question: questionOf(record),
    operatorContact: record.operatorContact ?? null,
    tags: [...(record.tags ?? [])],
    provider: { id: provider.id, model: provider.model },
    repository: record.repository.url,
    branch: workBranch(record),
    pushed: record.pushed?.sha ?? null,
    repositories: workPlaces(record),
    container: containerOf(record),
    workspace: record.emptied ? null : record.workspace,
    log: journal,
    transcript: output?.transcript ?? null,
    ...given,
    turn: record.turns.at(-1)?.turn ?? 0,
    outcome: outcomeOf(record),
    createdAt: record.createdAt,
    startedAt: record.startedAt,
    endedAt: record.endedAt,
  }
}
