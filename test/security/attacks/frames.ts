/** A frame that no worker writes. */
export type ForgedFrame = { readonly name: string; readonly body: Readonly<Record<string, unknown>> }

const WORK = {
  k: 'work',
  head: null,
  base: '',
  branch: '',
  branches: [],
  uncommitted: [],
  committed: false,
  bundle: null,
}
const END = { k: 'agent-end', code: 0, signal: null, end: 'exit', left: 0 }

/** Frames in their place whose fields are not what a worker writes: each is nobody's word, and breaks no reader. */
export const FORGED_FRAMES: readonly ForgedFrame[] = [
  { name: 'a problem that is a number', body: { ...WORK, problem: 5 } },
  { name: 'a phase out of the prototype', body: { k: 'phase', phase: '__proto__' } },
  { name: 'dropped bytes that are an object', body: { k: 'dropped', bytes: {} } },
  { name: 'output without its data', body: { k: 'out', s: 'o' } },
  { name: 'out of memory, maybe', body: { ...END, oom: 'maybe' } },
  { name: 'a time that no date can hold', body: { k: 'end', t: -1e300 } },
  { name: 'a kind out of the prototype', body: { k: 'constructor' } },
]
