import {
  type Check,
  fields,
  isCount,
  isInteger,
  isNumber,
  isPlainObject,
  isSpanMs,
  isText,
  isTime,
  isTimeMs,
  isTruth,
  listOf,
  mapOf,
  maybe,
  nullOr,
  oneOf,
} from '../std/shape.ts'
import type { EventBody } from './event.ts'
import { STATES } from './task.ts'

type Envelope = 'type' | 'turn' | 'from'
type FieldsOf<E> = { readonly [F in Exclude<keyof E, Envelope>]-?: Check }
/** Every type of event with all its fields; TypeScript reports a missing one. */
type Shapes = { readonly [T in EventBody['type']]: FieldsOf<Extract<EventBody, { readonly type: T }>> }

const textOrNull = nullOr(isText)
const texts = listOf(isText)
const exitCode = nullOr(isInteger)
const state = oneOf(...STATES)

const usage = fields({
  inputTokens: isCount,
  cachedTokens: isCount,
  outputTokens: isCount,
  reasoningTokens: isCount,
  costUsd: maybe(isNumber),
})

const outcome = fields({
  result: oneOf('done', 'failed', 'stopped', 'died'),
  class: isText,
  reason: isText,
  exitCode,
  retryAt: maybe(isTime),
})

const changes = maybe(fields({ files: isCount, insertions: isCount, deletions: isCount }))
const commits = listOf(fields({ sha: isText, subject: isText }))
const others = maybe(listOf(fields({ name: isText, sha: textOrNull, ref: maybe(isText), commits: maybe(isCount) })))
const variables = mapOf(oneOf('given', 'named'))
const files = listOf(fields({ name: isText, bytes: isCount, media: textOrNull }))
const effective = listOf(fields({ setting: isText, asked: isText, effective: isText, enforced: isTruth }))

const verdict = fields({
  class: oneOf('auth', 'model', 'unreachable', 'rate-limit', 'context'),
  status: nullOr(isNumber),
  message: isText,
  gateway: isText,
  line: isCount,
  fatal: isTruth,
  retryAt: maybe(isTime),
})

const rules = maybe(listOf(fields({ target: isText, origin: oneOf('flag', 'configuration', 'preset') })))

/** The part of the request that the record has; journals of older versions lack some of it. */
const request = fields({
  title: maybe(isText),
  model: maybe(isText),
  providerArgs: maybe(texts),
  providerOptions: maybe(mapOf(isText)),
  isolation: maybe(oneOf('container', 'host')),
  policy: isText,
  priority: maybe(isNumber),
  envFrom: maybe(texts),
  envGiven: maybe(texts),
  tags: maybe(texts),
  operatorContact: maybe(isText),
  output: maybe(isText),
  transcriptDir: maybe(isText),
  profile: maybe(isText),
  preset: maybe(isText),
  allow: rules,
  deny: rules,
  after: maybe(listOf(fields({ name: isText, task: isText }))),
})

const source = fields({
  kind: isText,
  url: textOrNull,
  ref: textOrNull,
  base: textOrNull,
  branch: textOrNull,
  pushBranch: textOrNull,
  folder: maybe(isText),
})

const seed = fields({
  id: isText,
  name: textOrNull,
  request,
  provider: fields({ id: isText, version: textOrNull }),
  engine: fields({ id: isText, endpoint: isText }),
  image: isText,
  workspace: textOrNull,
  layer: maybe(isTruth),
  labels: mapOf(isText),
  source,
  further: maybe(mapOf(source)),
  fork: maybe(
    fields({
      task: isText,
      turn: isCount,
      head: isText,
      wip: textOrNull,
      session: textOrNull,
      thread: nullOr(usage),
    }),
  ),
  key: maybe(isText),
})

const said = { text: isText }
const errorClass = oneOf('auth', 'rate-limit', 'network', 'model', 'context', 'agent')
const size = { columns: isCount, rows: isCount }
const pullRequest = { number: isCount, url: isText, state: oneOf('open', 'draft', 'merged', 'closed') }
/** Absent: the main one. */
const ofRepository = { repository: maybe(isText) }
const lostRace = { remote: isText, branch: isText }

const SHAPES: Shapes = {
  'task.created': { task: seed },
  'task.removed': {},
  'egress.rule': { target: isText, effect: oneOf('allow', 'deny') },
  'task.archived': {},
  'task.unarchived': {},
  'workspace.given': { workspace: isText, to: isText },
  notice: { level: oneOf('info', 'warning', 'error'), text: isText },
  'hook.due': { state, before: nullOr(state) },
  'hook.ran': { due: isCount, state, ms: isNumber, reason: textOrNull },
  'turn.queued': {
    promptBytes: isCount,
    prompt: isText,
    key: maybe(isText),
    files: maybe(files),
    variables: maybe(variables),
  },
  'turn.again': { attempt: isCount, prompt: isText, key: maybe(isText), variables: maybe(variables) },
  'turn.edited': { promptBytes: isCount, prompt: isText },
  'turn.withdrawn': {},
  'turn.planned': { plan: isPlainObject },
  'turn.started': { attempt: isCount, container: isText },
  'turn.blocked': { reason: isText },
  'turn.unblocked': {},
  'turn.held': { reason: isText },
  'turn.released': {},
  'turn.rendered': { promptBytes: isCount, prompt: isText },
  'turn.waiting': { until: isTime, outcome },
  'turn.phase': {
    phase: oneOf('preparing', 'starting', 'cloning', 'startup', 'agent', 'finishing', 'publishing', 'cleaning'),
    ms: maybe(isNumber),
  },
  'token-daemon.started': { pid: isCount, repository: isText },
  'token-daemon.refreshed': { expiresAt: nullOr(isText) },
  'token-daemon.ended': { reason: isText },
  'login.lent': { attempt: isCount, login: isText, version: isText },
  'turn.span': { name: isText, began: isTime, ms: isSpanMs },
  'sandbox.taken': { waitedMs: isCount },
  'sandbox.fresh': { reason: isText },
  'turn.ended': { outcome },
  'engine.lost': { reason: isText },
  'engine.back': {},
  'engine.event': {
    action: isText,
    container: isText,
    told: isTime,
    exitCode: maybe(isInteger),
    signal: maybe(isText),
  },
  'forge.token': { repository: isText, permissions: mapOf(isText), expiresAt: nullOr(isTime) },
  'source.progress': said,
  'source.module': { path: isText, url: isText, commit: isText },
  'source.ready': { ...ofRepository, url: textOrNull, ref: textOrNull, base: textOrNull, branch: textOrNull },
  'project.rules': { deny: texts },
  'container.created': { id: isText, name: isText, engine: isText, image: isText, digest: textOrNull },
  'container.started': { pid: nullOr(isCount), effective },
  'container.exited': { exitCode, oom: isTruth, error: maybe(isText) },
  'container.kept': { exitCode, until: isTime, frame: isCount, since: isTimeMs },
  'container.removed': {},
  'startup.output': { stream: oneOf('stdout', 'stderr'), text: isText },
  'startup.ended': { code: exitCode, signal: textOrNull },
  'agent.started': {},
  'agent.ended': { code: exitCode, signal: textOrNull, end: isText, oom: isTruth },
  'agent.session': { session: isText },
  'agent.message': said,
  'agent.reasoning': said,
  'agent.tool.start': { id: isText, name: isText, input: isText },
  'agent.tool.end': { id: isText, name: isText, ok: isTruth, exitCode: maybe(isInteger), output: isText },
  'agent.file': { changes: listOf(fields({ path: isText, kind: oneOf('add', 'update', 'delete') })) },
  'agent.usage': { usage, thread: maybe(usage) },
  'agent.asked': said,
  'agent.notice': said,
  'agent.error': { text: isText, class: errorClass },
  'agent.output': { stream: oneOf('stdout', 'stderr'), text: isText },
  'output.dropped': { bytes: isCount },
  untrusted: said,
  'gateway.verdict': { verdict },
  'gateway.usage': { usage, model: maybe(isText), gateway: isText, line: isCount },
  'egress.denied': {
    host: textOrNull,
    port: nullOr(isCount),
    reason: isText,
    allow: textOrNull,
    count: isCount,
    gateway: isText,
    line: isCount,
  },
  'terminal.opened': size,
  'terminal.resized': size,
  'terminal.attached': { viewer: isText, who: isText, readOnly: isTruth },
  'terminal.detached': { viewer: isText },
  'terminal.writer': { viewer: isText },
  'stop.requested': { by: oneOf('user', 'verdict', 'limit', 'host'), reason: isText },
  'work.kept': {
    ...ofRepository,
    head: textOrNull,
    base: textOrNull,
    commits,
    branches: texts,
    uncommitted: texts,
    left: maybe(isCount),
    committed: isTruth,
    wip: textOrNull,
    changes,
    others,
    rewritten: maybe(isTruth),
  },
  'work.pushed': { ...ofRepository, ...lostRace, sha: isText },
  'work.nothing': { ...ofRepository, reason: isText, others },
  'work.patch': { path: isText, bytes: isCount, changes, others },
  'work.rebased': {
    ...ofRepository,
    branch: isText,
    before: isText,
    onto: isText,
    head: isText,
    wip: textOrNull,
    commits,
    changes,
  },
  'work.amended': {
    ...ofRepository,
    before: isText,
    head: isText,
    signed: nullOr(oneOf('ssh', 'gpg', 'api')),
    commits,
  },
  'workspace.moved': { ...ofRepository, head: isText },
  'result.kept': { attempt: isCount, json: isText },
  'result.unfit': { attempt: isCount, problems: texts, answer: isText },
  'pr.opened': { ...ofRepository, ...pullRequest, head: isText, base: isText },
  'pr.updated': { ...ofRepository, ...pullRequest },
  'pr.failed': { ...ofRepository, reason: isText },
  'push.failed': {
    ...ofRepository,
    ...lostRace,
    reason: isText,
    ours: maybe(isText),
    theirs: maybe(isText),
    conflicts: maybe(texts),
  },
  'push.raced': { ...ofRepository, ...lostRace, ours: isText, theirs: isText, attempt: isCount, most: isCount },
}

/** Events that belong to no turn. */
const OF_TASK: ReadonlySet<string> = new Set([
  'task.created',
  'task.removed',
  'task.archived',
  'task.unarchived',
  'workspace.given',
  'egress.rule',
  'notice',
  'hook.due',
  'hook.ran',
])
const CHECKS: ReadonlyMap<string, Check> = new Map(Object.entries(SHAPES).map(([type, shape]) => [type, fields(shape)]))

export const EVENT_TYPES: readonly string[] = [...CHECKS.keys()]

const isTurn: Check = (value) => isCount(value) && (value as number) > 0
const isPlace: Check = (value) => Array.isArray(value) && value.length === 2 && value.every(isCount)

/** The fields that every event has: enough to pass over an event of an unknown type. */
const isEnvelope = (value: Readonly<Record<string, unknown>>): boolean =>
  isTime(value['at']) && (value['turn'] === undefined || isTurn(value['turn']))

/**
 * True if an object with `v`, `seq` and `type` has the fields of its type. A type of a newer version, which this one does
 * not know, needs only a time.
 */
export const isWellFormed = (value: Readonly<Record<string, unknown>>): boolean => {
  const type = String(value['type'])
  const check = CHECKS.get(type)
  if (!isEnvelope(value)) return false
  if (check === undefined) return true
  if (!OF_TASK.has(type) && value['turn'] === undefined) return false
  return (value['from'] === undefined || isPlace(value['from'])) && check(value)
}
