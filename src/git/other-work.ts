import type { OtherWork } from '../domain/other-work.ts'
import { type BundleRefs, takenRef } from './bundle-refs.ts'
import { type Exec, LIMIT, succeeded } from './exec.ts'

const MOST_COUNTED = 50
const MOST_COMMITS = 1000

type Input = { readonly publish: string; readonly base: string; readonly signal?: AbortSignal }

/** What a bundle brings beside HEAD, less what HEAD has in its history; of the first fifty it is known how many commits. */
export const otherWork = async (exec: Exec, input: Input, refs: BundleRefs): Promise<readonly OtherWork[]> => {
  const { publish, base, signal } = input
  const less = [refs.head ?? '', base].filter((sha) => sha !== '').map((sha) => `^${sha}`)
  const all = [
    ...refs.branches.map(({ name, sha }) => ({ name, sha, ref: takenRef(`refs/heads/${name}`) })),
    ...refs.others.map(({ name, sha, ref }) => ({ name, sha, ref: takenRef(ref) })),
  ].filter(({ sha }) => sha !== refs.head)
  const found: OtherWork[] = []
  for (const [at, one] of all.entries()) {
    if (at >= MOST_COUNTED) {
      found.push(one)
      continue
    }
    const args = ['rev-list', '--count', `--max-count=${MOST_COMMITS}`, one.sha, ...less, '--']
    const counted = await exec(['--git-dir', publish, ...args], { limitMs: LIMIT.local, ...(signal && { signal }) })
    const commits = succeeded(counted) ? Number(counted.stdout.toString()) : Number.NaN
    if (commits === 0) continue
    const tells = Number.isSafeInteger(commits) && !one.name.includes('@{')
    found.push(tells ? { ...one, commits } : one)
  }
  return found
}
