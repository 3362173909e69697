import { keptName } from '../domain/kept-ref.ts'
import { refProblem } from '../domain/ref-name.ts'

const HEADS = 'refs/heads/'
const TAGS = 'refs/tags/'
const WIP = 'refs/berth/wip'
const TAKEN = 'refs/berth/take'
const MOST_REFS = 5000

type Named = { readonly name: string; readonly sha: string }
export type BundleRefs = {
  readonly head: string | null
  readonly wip: string | null
  readonly branches: readonly Named[]
  /** Tags, stashes and the refs of repositories inside the work folder. */
  readonly others: readonly (Named & { readonly ref: string })[]
}

/** Where a ref of a bundle is kept in the publish repository. */
export const takenRef = (ref: string): string => `${TAKEN}/${ref.replace(/^refs\/(?:berth\/)?/, '')}`

type Kind = 'branch' | 'tag' | 'ref'

const kindOf = (ref: string): Kind => {
  if (ref.startsWith(HEADS)) return 'branch'
  return ref.startsWith(TAGS) ? 'tag' : 'ref'
}

/** A folder of an encoded path may be longer than a file's name: these refs are never files. */
const nameProblem = (ref: string, kind: Kind): string | undefined =>
  refProblem(kind === 'ref' ? ref.replace(/^refs\/berth\/(?:nested|odd)\/[\w=-]+/, 'refs/x') : ref)

/** The refs a worker bundles: HEAD, the uncommitted state, branches and what else has commits. A string: what else it holds. */
export const bundleRefs = (refs: ReadonlyMap<string, string>): BundleRefs | string => {
  const branches: Named[] = []
  const others: BundleRefs['others'][number][] = []
  for (const [ref, sha] of refs) {
    if (ref === 'HEAD' || ref === WIP) continue
    const name = keptName(ref)
    if (name === undefined) return `it holds the ref ${JSON.stringify(ref.slice(0, 100))}, which no worker writes`
    const kind = kindOf(ref)
    const problem = nameProblem(ref, kind)
    if (problem !== undefined) return `it holds a ${kind} with a bad name: ${problem}`
    if (kind === 'branch') branches.push({ name, sha })
    else others.push({ name, ref, sha })
  }
  if (branches.length + others.length > MOST_REFS) return `it holds more than ${MOST_REFS} refs`
  return { head: refs.get('HEAD') ?? null, wip: refs.get(WIP) ?? null, branches, others }
}

/**
 * As the text of a `packed-refs` file: below refs/berth/take, sorted as git wants it. `before`: such a text whose refs stay
 * beside these, less its head and uncommitted state.
 */
export const takenRefs = (refs: BundleRefs, before = ''): string => {
  const rows = new Map<string, string>()
  for (const line of before.split('\n')) {
    const [sha = '', ref = ''] = line.split(' ')
    if (ref.startsWith(`${TAKEN}/`) && ref !== `${TAKEN}/head` && ref !== `${TAKEN}/wip`) rows.set(ref, sha)
  }
  for (const { name, sha } of refs.branches) rows.set(takenRef(`${HEADS}${name}`), sha)
  for (const { ref, sha } of refs.others) rows.set(takenRef(ref), sha)
  if (refs.head !== null) rows.set(`${TAKEN}/head`, refs.head)
  if (refs.wip !== null) rows.set(`${TAKEN}/wip`, refs.wip)
  const lines = [...rows].map(([ref, sha]) => [Buffer.from(ref), `${sha} ${ref}\n`] as const)
  lines.sort(([a], [b]) => Buffer.compare(a, b))
  return `# pack-refs with: sorted \n${lines.map(([, line]) => line).join('')}`
}
