import { dirname } from 'node:path'
import type { CompanyNetwork } from '../domain/company-network.ts'
import { keyedLock } from '../std/keyed-lock.ts'
import { checkedOut } from './checked-out.ts'
import { diff } from './diff.ts'
import { dropMirror } from './drop-mirror.ts'
import type { CallerEnv, Git } from './git.ts'
import { identity } from './identity.ts'
import { localExec } from './local-exec.ts'
import { localRepository } from './local-repository.ts'
import { mirror } from './mirror.ts'
import { networkEnv } from './network-env.ts'
import { packCommits } from './pack-commits.ts'
import { unpinBase } from './pin.ts'
import { push } from './push.ts'
import { readTop } from './read-top.ts'
import { relation } from './relation.ts'
import { remoteExec } from './remote-exec.ts'
import { resolve } from './resolve.ts'
import type { GitProgram } from './run-git.ts'
import { dropTree, sharedTree, unpinTree } from './shared-tree.ts'
import { take } from './take.ts'
import { unlock } from './unlock.ts'

type Options = Partial<GitProgram> & {
  /** Berth's state folder: configuration below it is never read as the caller's. */
  readonly stateDir?: string
  /** The company's network, as a caller's environment and the settings have it. Absent: as the caller's git has it. */
  readonly company?: (callerEnv: CallerEnv) => CompanyNetwork
}

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** Git by the machine's own program. */
export const hostGit = (options: Options = {}): Git => {
  const program: GitProgram = { git: options.git ?? 'git', path: options.path ?? PATH }
  const local = localExec(program)
  const { company } = options
  const remote = (callerEnv: CallerEnv) =>
    remoteExec(program, company === undefined ? callerEnv : networkEnv(callerEnv, company(callerEnv)))
  const lock = keyedLock()
  return {
    resolve: (url, ref, callerEnv, signal, seen) =>
      resolve(remote(callerEnv), url, ref, { ...(signal && { signal }), ...(seen && { seen }) }),
    checkedOut: (folder, signal) => checkedOut(local, folder, signal),
    local: (folder, signal) => localRepository(local, folder, signal),
    top: readTop(local),
    identity: (folder, callerEnv, signal) => identity(remote(callerEnv), folder, callerEnv, options.stateDir, signal),
    mirror: mirror({ local, remote, lock, swept: new Set() }),
    unpin: (path, pin) => lock(path, () => unpinBase(local, path, pin)),
    dropMirror: (path, unused) => lock(path, () => dropMirror(path, unused)),
    tree: (input) => lock(dirname(input.folder), () => sharedTree(local, input), input.signal),
    unpinTree: (folder, pin) => lock(dirname(folder), () => unpinTree(folder, pin)),
    dropTree: (folder, counts) => lock(dirname(folder), () => dropTree(folder, counts)),
    take: (input) => lock(input.publish, () => take(local, input), input.signal),
    push: (input) => push({ local, remote: remote(input.callerEnv) }, input),
    relation: (input) => relation(local, input),
    pack: (input) => packCommits(local, input),
    diff: (input) => diff(local, input),
    unlock: (repository) => lock(repository, () => unlock(repository)),
  }
}
