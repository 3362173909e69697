import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type FrameBody, OBJECTS_FOLDER, type WorkOrder } from '../domain/worker-protocol.ts'
import { type GitResult, gitWords } from '../inside/git-runner.ts'
import { readRefs } from './read-refs.ts'
import { type Scratch, scratchRepository } from './scratch-repository.ts'
import { writeBundle } from './write-bundle.ts'
import { isSha256 } from './write-repository.ts'

type Rebase = NonNullable<WorkOrder['rebase']>
type Told = Extract<FrameBody, { k: 'rebased' | 'conflict' }>

const HEADS = 'refs/heads/'
const KNOWN = 'refs/remotes/origin/'
const ONTO = 'refs/berth/base'
const WIP = 'refs/berth/wip'

const PLAIN = ['core.sparseCheckout=true', 'rerere.enabled=false', 'commit.gpgSign=false'].flatMap((one) => ['-c', one])
const QUIET = { env: { GIT_EDITOR: ':', GIT_SEQUENCE_EDITOR: ':' } }

const failed = (what: string, result: GitResult) => new Error(`${what}: ${gitWords(result)}`)

/** What the mirror has. The task's own branch is its own work, pushed earlier: it may be copied. */
const knownRefs = (mirror: string, task: string): Map<string, string> => {
  const refs = [...readRefs(mirror, ['refs/heads'])].filter(([ref]) => ref !== `${HEADS}berth/${task}`)
  return new Map(refs.map(([ref, sha]) => [KNOWN + ref.slice(HEADS.length), sha]))
}

const count = async (scratch: Scratch, args: readonly string[]): Promise<number> => {
  const result = await scratch.git(['rev-list', '--count', ...args, '--'])
  if (result.code !== 0) throw failed('counted the commits', result)
  return Number(result.stdout)
}

/** Merges of the work's own branches are made again; one that takes in what others have published can't be. */
const mergeFlags = async (scratch: Scratch, { head, upstream }: Rebase): Promise<readonly string[]> => {
  const range = upstream === '' ? [head] : [head, `^${upstream}`]
  if ((await count(scratch, ['--min-parents=2', ...range])) === 0) return []
  if ((await count(scratch, range)) !== (await count(scratch, [...range, '--not', `--glob=${KNOWN}*`])))
    throw new Error('its merges contain commits of other remote branches, and a rebase would copy them')
  return ['--rebase-merges']
}

/** Null: done. No file is checked out but those that conflict: attributes and odd names of the repository do not matter. */
const replay = async (scratch: Scratch, rebase: Rebase): Promise<Extract<Told, { k: 'conflict' }> | null> => {
  const { onto, upstream } = rebase
  const flags = ['--quiet', '--no-verify', '--no-gpg-sign', '--no-autostash', '--no-fork-point', '--empty=drop']
  const from = upstream === '' ? '--root' : upstream
  const args = ['rebase', ...flags, ...(await mergeFlags(scratch, rebase)), '--onto', onto, from]
  const result = await scratch.git([...PLAIN, ...args], QUIET)
  if (result.code === 0) return null
  const [names, at] = await Promise.all([
    scratch.git([...PLAIN, 'diff', '--name-only', '--diff-filter=U', '-z']),
    scratch.git(['log', '-1', '--format=%s', 'REBASE_HEAD', '--']),
  ])
  const files = names.stdout.split('\0').filter((name) => name !== '')
  if (files.length === 0) throw failed(`rebased ${rebase.head} onto ${onto}`, result)
  return { k: 'conflict', files, at: at.code === 0 ? at.stdout.trim() : '' }
}

const headOf = async (scratch: Scratch): Promise<string> => {
  const result = await scratch.git(['rev-parse', '--verify', 'HEAD'])
  if (result.code !== 0) throw failed('read HEAD', result)
  return result.stdout.trim()
}

/** The uncommitted state on top of the new head; null where it does not fit there. */
const replayWip = async (scratch: Scratch, { head, wip }: Rebase, rebased: string): Promise<string | null> => {
  if (wip === null || wip === head) return wip === null ? null : rebased
  const pick = await scratch.git([...PLAIN, 'cherry-pick', '--no-gpg-sign', '--allow-empty', wip], QUIET)
  return pick.code === 0 ? await headOf(scratch) : null
}

/** Puts commits on top of another one and bundles what comes of it. Nothing of an agent's is touched, or even there. */
export const rebaseWork = async (order: WorkOrder, rebase: Rebase): Promise<Told> => {
  if (order.workspace.kind !== 'clone') throw new Error('the order names no mirror')
  const { mirror } = order.workspace
  const refs = knownRefs(mirror, order.task)
  refs.set(ONTO, rebase.onto)
  mkdirSync(order.paths.work, { recursive: true })
  using scratch = scratchRepository({
    order,
    repository: dirname(join(order.paths.exchange, OBJECTS_FOLDER)),
    mirror,
    sha256: isSha256(mirror),
    refs,
    head: rebase.head,
  })
  mkdirSync(join(scratch.folder, 'info'), { recursive: true })
  writeFileSync(join(scratch.folder, 'info/sparse-checkout'), '/.berth-no-file\n')
  const read = await scratch.git([...PLAIN, 'read-tree', '-m', '-u', 'HEAD'])
  if (read.code !== 0) throw failed(`read ${rebase.head}`, read)
  const conflict = await replay(scratch, rebase)
  if (conflict !== null) return conflict
  const head = await headOf(scratch)
  const wip = await replayWip(scratch, rebase, head)
  const main = [...(head === rebase.onto ? [] : ['HEAD']), ...(wip === null || wip === rebase.onto ? [] : [WIP])]
  if (wip !== null) refs.set(WIP, wip)
  scratch.setRefs(refs, head)
  if (main.length === 0) return { k: 'rebased', head, wip, bundle: null }
  const known = [...refs.keys()].filter((ref) => ref !== WIP)
  const { bytes } = await writeBundle(order, scratch, { main, more: [], known, base: [ONTO], refs, on: null })
  return { k: 'rebased', head, wip, bundle: bytes }
}
