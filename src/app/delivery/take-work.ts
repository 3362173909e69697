import { lstat, rm } from 'node:fs/promises'
import { BerthError } from '../../domain/errors.ts'
import { LFS_BYTES, type LfsPointer } from '../../domain/lfs-pointer.ts'
import { taskPaths } from '../../domain/task-paths.ts'
import { BUNDLE_FILE, LFS_FILE } from '../../domain/worker-protocol.ts'
import type { Git } from '../../git/git.ts'
import type { Plan } from '../../plan/plan.ts'
import { faultPoint } from '../../std/fault-point.ts'
import { takeFile } from '../../std/take-file.ts'

const BUNDLE_BYTES = 4 * 1024 ** 3

type Taken = Awaited<ReturnType<Git['take']>>
type Early = { readonly version: string; readonly taken: Taken | null }

/** Which file lies there, and which content of it, as far as the kernel tells. */
const versionOf = async (path: string): Promise<string> => {
  const found = await lstat(path, { bigint: true }).catch(() => undefined)
  if (found === undefined) return 'none'
  return [found.dev, found.ino, found.size, found.mtimeNs, found.ctimeNs].join(':')
}

/**
 * Takes the turn's bundle: it crosses the border as a plain file, and into a repository of ours only after it is checked.
 * The worker says when the bundle is whole, and then the taking may begin while the container is still ending. The word
 * may be forged and the file may change after it, so what was taken early counts only where the file that lies there
 * after the container's end is the same.
 */
export const workTaker = (input: {
  readonly git: Pick<Git, 'take' | 'takeLfs'>
  readonly folder: string
  readonly plan: Plan
  readonly signal: AbortSignal
}) => {
  const { git, plan, signal } = input
  const file = plan.order.bundle ?? BUNDLE_FILE
  const from = `${plan.folders.exchange}/${file}`
  const bundle = taskPaths(input.folder).bundle(plan, file)
  let early: Promise<Early | null> | null = null

  const takeObject = ({ oid, size }: LfsPointer, to: string) =>
    takeFile({ from: `${plan.folders.exchange}/${LFS_FILE}${oid}`, to, maxBytes: Math.min(size, LFS_BYTES) })
  const take = async (): Promise<Taken | null> => {
    if (plan.source.kind !== 'clone') return null
    const copied = await takeFile({ from, to: bundle, maxBytes: BUNDLE_BYTES })
    if (copied === null) return null
    if (typeof copied === 'string')
      throw new BerthError('work-refused', `Berth refused the bundle of the task's commits: ${copied}`)
    faultPoint('take.before')
    try {
      const { publish } = plan.folders
      const { mirror, sha: base, lfs } = plan.source
      const taken = await git.take({ ...{ bundle, publish, mirror, base, signal }, maxBytes: BUNDLE_BYTES })
      const heads = [taken.head, taken.wip].filter((sha) => sha !== null)
      if (lfs === true && heads.length > 0)
        await git.takeLfs({ publish, mirror, base, heads, take: takeObject, signal })
      return taken
    } finally {
      // Taken, all of it is in the repository; refused, nobody needs it.
      await rm(bundle, { force: true })
    }
  }
  const takeEarly = async (): Promise<Early> => {
    const version = await versionOf(from)
    return { version, taken: await take() }
  }
  return {
    /** The worker's word that the bundle is whole. What goes wrong now is found again by `taken`. */
    begin(): void {
      early ??= takeEarly().catch(() => null)
    },
    /** What the turn left, null where there is no bundle. For when the container has ended. */
    async taken(): Promise<Taken | null> {
      const done = await early
      const same = done !== null && done.version !== 'none' && done.version === (await versionOf(from))
      return same ? done.taken : await take()
    },
    /** Nothing is under way any more. */
    async [Symbol.asyncDispose](): Promise<void> {
      await early
    },
  }
}

export type WorkTaker = ReturnType<typeof workTaker>
