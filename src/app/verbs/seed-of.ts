import type { TaskRequest } from '../../domain/request.ts'
import { sessionLabels } from '../../domain/session-labels.ts'
import type { TaskRecordSeed } from '../../domain/task.ts'
import type { Plan } from '../../plan/plan.ts'

/** The labels of a task and its containers. */
export const labelsOf = (request: TaskRequest) => ({ ...request.labels, ...sessionLabels(request) })

const seedSource = (source: Plan['source'], delivery: Plan['delivery']): TaskRecordSeed['source'] =>
  source.kind === 'clone'
    ? {
        kind: 'clone',
        url: source.url,
        ref: source.ref,
        base: source.sha,
        branch: source.branch,
        pushBranch: delivery.kind === 'push' ? delivery.branch : null,
        ...(source.folder !== undefined && { folder: source.folder }),
      }
    : {
        kind: source.kind,
        url: source.kind === 'none' ? null : source.folder,
        ref: null,
        base: null,
        branch: null,
        pushBranch: null,
      }

/** What the journal says first of a new task. */
export const seedOf = (
  request: TaskRequest,
  { plan, cli }: { readonly plan: Plan; readonly cli: string | null },
): TaskRecordSeed => {
  const { prompt: _prompt, ...rest } = request
  const { source, delivery, further } = plan
  return {
    id: plan.task,
    name: request.name ?? null,
    request: rest,
    provider: { id: plan.provider, version: cli },
    engine: { id: plan.engine.kind, endpoint: plan.engine.endpoint },
    image: plan.container.image,
    workspace: source.kind === 'mount' ? source.folder : plan.folders.workspace,
    ...(plan.folders.layer === undefined ? {} : { layer: true }),
    labels: labelsOf(request),
    source: seedSource(source, delivery),
    ...(further && {
      further: Object.fromEntries(further.map((one) => [one.source.folder, seedSource(one.source, one.delivery)])),
    }),
  }
}
