import { outputPaths } from './output-place.ts'
import { tierOf } from './policy.ts'
import type { TaskRequest } from './request.ts'
import type { TaskRecord, TaskRecordSeed, WorkPart } from './task.ts'
import { NO_USAGE } from './usage.ts'

/** Older journals do not know which were given. */
const variablesAtFirst = ({ request }: TaskRecordSeed): Pick<TaskRecord, 'variables'> => {
  const { envFrom = [], envGiven = [] } = request
  const entries = envFrom.map((name) => [name, envGiven.includes(name) ? 'given' : 'named'] as const)
  return entries.length === 0 ? {} : { variables: Object.fromEntries(entries) }
}

const targetsOf = (rules: TaskRequest['allow'] | undefined): readonly string[] =>
  (rules ?? []).map(({ target }) => target)

/** Rules of a task that Berth does not sandbox apply to nothing. */
const rulesAtFirst = ({ request }: TaskRecordSeed): Pick<TaskRecord, 'allow' | 'deny'> => {
  const isolation = request.isolation ?? 'container'
  if (tierOf({ policy: request.policy, isolation })?.network !== 'gateway') return {}
  const [allow, deny] = [targetsOf(request.allow), targetsOf(request.deny)]
  return { ...(allow.length === 0 ? {} : { allow }), ...(deny.length === 0 ? {} : { deny }) }
}

const modeAtFirst = ({ request: { mode = 'exec' } }: TaskRecordSeed): Pick<TaskRecord, 'mode'> =>
  mode === 'exec' ? {} : { mode }

const partAtFirst = (source: TaskRecordSeed['source']): WorkPart => ({
  repository: source,
  commits: [],
  head: null,
  wip: null,
  uncommitted: [],
  branches: [],
  pushed: null,
  pushError: null,
})

const partsAtFirst = (further: NonNullable<TaskRecordSeed['further']>): NonNullable<TaskRecord['further']> =>
  Object.fromEntries(Object.entries(further).map(([folder, source]) => [folder, partAtFirst(source)]))

const forPrograms = (seed: TaskRecordSeed): Pick<TaskRecord, 'manifest' | 'operatorContact' | 'output' | 'tags'> => {
  // Journals of older versions have no tags.
  const { tags = [], operatorContact, manifest } = seed.request
  const output = outputPaths(seed)
  return {
    ...(tags.length === 0 ? {} : { tags }),
    ...(manifest === undefined ? {} : { manifest }),
    ...(operatorContact === undefined ? {} : { operatorContact }),
    ...(output === undefined ? {} : { output }),
  }
}

/** The record of a new task, before its first turn. */
export const firstRecord = (seed: TaskRecordSeed, at: string): TaskRecord => ({
  id: seed.id,
  name: seed.name,
  title: seed.request.title ?? '',
  ...modeAtFirst(seed),
  state: 'queued',
  phase: null,
  reason: null,
  outcome: null,
  exitCode: null,
  createdAt: at,
  startedAt: null,
  endedAt: null,
  provider: {
    ...seed.provider,
    model: seed.request.model ?? null,
    args: seed.request.providerArgs,
    options: seed.request.providerOptions,
  },
  engine: seed.engine.id,
  endpoint: seed.engine.endpoint,
  // Older journals know no other.
  isolation: seed.request.isolation ?? 'container',
  policy: seed.request.policy,
  image: seed.image,
  imageDigest: null,
  container: null,
  kept: null,
  effective: [],
  ...partAtFirst(seed.source),
  ...(seed.further === undefined ? {} : { further: partsAtFirst(seed.further) }),
  session: seed.fork?.session ?? null,
  usage: NO_USAGE,
  thread: seed.fork?.thread ?? null,
  labels: seed.labels,
  ...forPrograms(seed),
  ...variablesAtFirst(seed),
  ...(seed.request.profile === undefined ? {} : { profile: seed.request.profile }),
  ...(seed.request.preset === undefined ? {} : { preset: seed.request.preset }),
  ...rulesAtFirst(seed),
  ...(seed.fork === undefined ? {} : { fork: seed.fork }),
  ...(seed.request.after === undefined ? {} : { after: seed.request.after }),
  ...(seed.key === undefined ? {} : { key: seed.key }),
  turns: [],
  warnings: [],
  workspace: seed.workspace,
  ...(seed.layer === undefined ? {} : { layer: seed.layer }),
  clean: true,
  archived: false,
  emptied: false,
  stopping: false,
  waiting: null,
  priority: seed.request.priority ?? 0,
  activeMs: 0,
  activeSince: null,
  unreachable: null,
  seq: 1,
})
