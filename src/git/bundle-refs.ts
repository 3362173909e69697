import { refProblem } from '../domain/ref-name.ts'

const HEADS = 'refs/heads/'
const WIP = 'refs/berth/wip'
const TAKEN = 'refs/berth/take'
const MOST_BRANCHES = 5000

export type BundleRefs = {
  readonly head: string | null
  readonly wip: string | null
  readonly branches: readonly { readonly name: string; readonly sha: string }[]
}

/** The refs a worker bundles: HEAD, branches and the uncommitted state. A string: what else it holds. */
export const bundleRefs = (refs: ReadonlyMap<string, string>): BundleRefs | string => {
  const branches: { name: string; sha: string }[] = []
  for (const [ref, sha] of refs) {
    if (ref === 'HEAD' || ref === WIP) continue
    if (!ref.startsWith(HEADS)) return `it holds the ref ${JSON.stringify(ref.slice(0, 100))}, which no worker makes`
    const problem = refProblem(ref)
    if (problem !== undefined) return `it holds a branch with a bad name: ${problem}`
    branches.push({ name: ref.slice(HEADS.length), sha })
  }
  if (branches.length > MOST_BRANCHES) return `it holds more than ${MOST_BRANCHES} branches`
  return { head: refs.get('HEAD') ?? null, wip: refs.get(WIP) ?? null, branches }
}

/** As the text of a `packed-refs` file: below refs/berth/take, sorted as git wants it. */
export const takenRefs = (refs: BundleRefs): string => {
  const rows: [ref: string, sha: string][] = refs.branches.map(({ name, sha }) => [`${TAKEN}/heads/${name}`, sha])
  if (refs.head !== null) rows.push([`${TAKEN}/head`, refs.head])
  if (refs.wip !== null) rows.push([`${TAKEN}/wip`, refs.wip])
  const lines = rows.map(([ref, sha]) => [Buffer.from(ref), `${sha} ${ref}\n`] as const)
  lines.sort(([a], [b]) => Buffer.compare(a, b))
  return `# pack-refs with: sorted \n${lines.map(([, line]) => line).join('')}`
}

/** The branches that an earlier take wrote, less those that come anew. */
export const takenBranches = (packedRefs: string, anew: BundleRefs): BundleRefs['branches'] => {
  const names = new Set(anew.branches.map(({ name }) => name))
  return packedRefs.split('\n').flatMap((line) => {
    const [sha = '', ref = ''] = line.split(' ')
    const name = ref.slice(`${TAKEN}/heads/`.length)
    return ref.startsWith(`${TAKEN}/heads/`) && !names.has(name) ? [{ name, sha }] : []
  })
}
