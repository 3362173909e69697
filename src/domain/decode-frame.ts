import {
  type Check,
  fields,
  isCount,
  isPlainObject,
  isText,
  isTimeMs,
  isTruth,
  listOf,
  maybe,
  nullOr,
  oneOf,
} from '../std/shape.ts'
import { FRAME_BYTES, type Frame, type FrameBody, MOST_CELLS, type OutStream, PROTOCOL } from './worker-protocol.ts'

type Kind = Exclude<FrameBody['k'], 'out'>
type Shapes = {
  readonly [K in Kind]: { readonly [F in Exclude<keyof Extract<FrameBody, { readonly k: K }>, 'k'>]-?: Check }
}

const SHA = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/
const SIGNAL = /^SIG[A-Z0-9+-]{1,16}$/
const MOST_NAMES = 10_000

const isSha: Check = (value) => typeof value === 'string' && SHA.test(value)
const isExitCode: Check = (value) => isCount(value) && (value as number) <= 255
const isSignal: Check = (value) => typeof value === 'string' && SIGNAL.test(value)
/** Of a terminal, in cells. */
const isSide: Check = (value) => isCount(value) && (value as number) >= 1 && (value as number) <= MOST_CELLS
const names: Check = (value) => listOf(isText)(value) && (value as readonly string[]).length <= MOST_NAMES

const SHAPES: Shapes = {
  hello: { worker: isText, pid: isCount },
  phase: { phase: oneOf('clone', 'startup', 'agent', 'finish') },
  dropped: { bytes: isCount },
  size: { columns: isSide, rows: isSide },
  'startup-end': { code: nullOr(isExitCode), signal: nullOr(isSignal) },
  'agent-start': { pid: isCount },
  'agent-end': {
    code: nullOr(isExitCode),
    signal: nullOr(isSignal),
    end: oneOf('exit', 'final-event', 'stopped', 'turn-limit', 'task-limit', 'idle-limit', 'not-started'),
    oom: isTruth,
    left: isCount,
    message: maybe(isText),
  },
  work: {
    repository: maybe(isText),
    head: nullOr(isSha),
    base: (value) => value === '' || isSha(value),
    branch: isText,
    branches: names,
    uncommitted: names,
    left: maybe(isCount),
    committed: isTruth,
    bundle: nullOr(isCount),
    patch: maybe(nullOr(isCount)),
    problem: maybe(isText),
    unfinished: maybe(isText),
    unkept: maybe(names),
  },
  idle: { code: isExitCode },
  rebased: { head: isSha, wip: nullOr(isSha), bundle: nullOr(isCount) },
  given: { path: isText, mode: maybe(isText), owner: maybe(isText), problem: maybe(isText) },
  unmet: { what: oneOf('locale', 'writable', 'submodule'), name: isText },
  taken: { file: isText, problem: maybe(isText) },
  conflict: { files: names, at: isText },
  fail: { stage: oneOf('order', 'clone', 'startup', 'agent', 'commit', 'bundle', 'rebase', 'move'), message: isText },
  end: {},
}

const KINDS: ReadonlyMap<unknown, { readonly names: readonly string[]; readonly check: Check }> = new Map(
  Object.entries(SHAPES).map(([kind, shape]) => [kind, { names: Object.keys(shape), check: fields(shape) }]),
)

type Head = Pick<Frame, 'v' | 'n' | 't'>

const OUT_STREAMS: ReadonlySet<unknown> = new Set<OutStream>(['o', 'e', 't', 'so', 'se'])
const isOutStream = (s: unknown): s is OutStream => OUT_STREAMS.has(s)

/** Nearly all frames are these. */
const outFrame = (head: Head, { s, d, b }: Readonly<Record<string, unknown>>): Frame | undefined => {
  if (!isOutStream(s)) return undefined
  if (typeof d === 'string') return b === undefined ? { ...head, k: 'out', s, d } : undefined
  return typeof b === 'string' && d === undefined ? { ...head, k: 'out', s, b } : undefined
}

/** Only the frame's own fields: an agent may have put others into the line. */
const otherFrame = (head: Head, value: Readonly<Record<string, unknown>>): Frame | undefined => {
  const kind = KINDS.get(value['k'])
  if (kind === undefined || !kind.check(value)) return undefined
  const own = kind.names.filter((name) => Object.hasOwn(value, name)).map((name) => [name, value[name]])
  return { ...head, k: value['k'], ...Object.fromEntries(own) } as Frame
}

/**
 * Reads one line of a container's log; undefined unless the line is, in all its fields, a frame of a protocol that we
 * know. An agent can write such lines, so all fields are checked here, and no caller has to check them again.
 */
export const decodeFrame = (line: string): Frame | undefined => {
  if (!line.startsWith('{"v":') || line.length > FRAME_BYTES) return undefined
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return undefined
  }
  if (!isPlainObject(value) || value['v'] !== PROTOCOL) return undefined
  const { n, t } = value
  if (!isCount(n) || n === 0 || !isTimeMs(t)) return undefined
  const head: Head = { v: PROTOCOL, n: n as number, t: t as number }
  return value['k'] === 'out' ? outFrame(head, value) : otherFrame(head, value)
}
