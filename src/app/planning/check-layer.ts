import { statfs } from 'node:fs/promises'
import { BerthError } from '../../domain/errors.ts'
import type { TaskRequest } from '../../domain/request.ts'
import type { EngineInfo } from '../../engines/engine.ts'

/** File systems that the kernel takes no layer on, by their numbers: those of a network, of programs, and a layer itself. */
const UNFIT: ReadonlyMap<number, string> = new Map([
  [0x794c7630, 'overlay'],
  [0x6969, 'nfs'],
  [0xff534d42, 'cifs'],
  [0xfe534d42, 'smb'],
  [0x01021997, '9p'],
  [0x65735546, 'fuse'],
])
/** What an option of a mount cannot hold. */
const PARTS = /[\s,:;=\\"]/

const hint = 'Leave --shared-tree out. Each task then has its own copy of all files.'

/** Refuses a work tree that is a layer over a shared one where that cannot be. */
export const checkLayer = async (
  { sharedTree, repo, source, isolation }: TaskRequest,
  { info, state, base }: { readonly info: EngineInfo; readonly state: string; readonly base: string | null },
): Promise<void> => {
  if (!sharedTree || repo === undefined) return
  const refuse = (why: string) => new BerthError('bad-request', `--shared-tree: ${why}`, { hint })
  if (source !== 'clone') throw refuse(`with --source ${source} there is no commit that tasks could share`)
  if (isolation === 'host') throw refuse('with --isolation host nothing is mounted')
  if (!info.layers)
    throw refuse(
      `${info.kind} ${info.version}${info.rootless ? ', rootless,' : ''} cannot mount an overlay on a folder`,
    )
  for (const [name, path] of [['state folder', state] as const, ['workspace-base-dir', base] as const]) {
    if (path === null) continue
    if (PARTS.test(path)) throw refuse(`the path of the ${name}, ${path}, has a character that separates mount options`)
    const kind = UNFIT.get((await statfs(path)).type)
    if (kind !== undefined) throw refuse(`the ${name} ${path} is on ${kind}, and an overlay cannot be there`)
  }
}
