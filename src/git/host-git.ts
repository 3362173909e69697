import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type CompanyNetwork, NO_COMPANY } from '../domain/company-network.ts'
import { urlParts } from '../domain/repository-url.ts'
import type { StreamClient } from '../domain/stream-client.ts'
import type { Forge } from '../forges/forge.ts'
import { keyedLock } from '../std/keyed-lock.ts'
import { amend } from './amend.ts'
import { bareRepository } from './bare-repository.ts'
import { bringModule } from './bring-module.ts'
import { checkedOut } from './checked-out.ts'
import { diff } from './diff.ts'
import { dropMirror } from './drop-mirror.ts'
import { dropEmpty, isFilled } from './empty-mirror.ts'
import type { Exec } from './exec.ts'
import { forgeExec } from './forge-exec.ts'
import type { CallerEnv, Git, OnToken } from './git.ts'
import { identity } from './identity.ts'
import { bringLfs, type LfsDeps } from './lfs/bring.ts'
import { serverFinder } from './lfs/find-server.ts'
import { giveLfs } from './lfs/give.ts'
import { knownWithout } from './lfs/known-without.ts'
import { LfsProblem } from './lfs/problem.ts'
import { copyLfs, takeLfs } from './lfs/take.ts'
import { listSubmodules } from './list-submodules.ts'
import { localExec } from './local-exec.ts'
import { localRepository } from './local-repository.ts'
import { mirror } from './mirror.ts'
import { networkEnv } from './network-env.ts'
import { packCommits } from './pack-commits.ts'
import { unpinBase } from './pin.ts'
import { pointHead } from './point-head.ts'
import { push } from './push.ts'
import { readOrigin } from './read-origin.ts'
import { readTop } from './read-top.ts'
import { relation } from './relation.ts'
import { remoteExec } from './remote-exec.ts'
import { resolve } from './resolve.ts'
import type { GitProgram } from './run-git.ts'
import { dropTree, sharedTree, unpinTree } from './shared-tree.ts'
import { signerOf } from './signer.ts'
import { sshFolders } from './ssh-agents.ts'
import { sshCopy } from './ssh-copy.ts'
import { sshExec } from './ssh-exec.ts'
import { bringRef, giveRef } from './staging.ts'
import { take } from './take.ts'
import { type TokenFiles, tokenFiles } from './token-files.ts'
import { unlock } from './unlock.ts'

/** The forges that Berth has credentials of its own for. */
export type ForgeAccess = {
  readonly of: (url: string) => Pick<Forge, 'host' | 'repository' | 'repositoryOf' | 'token'> | undefined
  /** The program that answers git's questions. */
  readonly askpass: string
  /** Folder for files with tokens, which this user alone can open. */
  readonly tokens: string
  /** Throws for the new URL of a renamed repository that may not be worked on. */
  readonly allow?: (url: string) => void
}

/** A talk with a remote. */
type RemoteCall = {
  readonly url: string
  readonly contents: 'read' | 'write'
  readonly callerEnv: CallerEnv
  readonly onToken?: OnToken | undefined
  /** The path of a private key, for a URL that ssh serves. */
  readonly sshKey?: string | undefined
}

type Options = Partial<GitProgram> & {
  /** Berth's state folder: configuration below it is never read as the caller's. */
  readonly stateDir?: string
  /** A folder that is ours alone, for a key at the moment of its use. */
  readonly runtimeDir?: string
  /** The company's network, as a caller's environment and the settings have it. Absent: as the caller's git has it. */
  readonly company?: (callerEnv: CallerEnv) => CompanyNetwork
  readonly forges?: ForgeAccess
  /** Makes clients for contents of any size. Absent: nothing of Git LFS comes by a network. */
  readonly connect?: (company: CompanyNetwork) => StreamClient
  /** Throws for a repository that may not be worked on, although the source of a task names it as its remote. */
  readonly allow?: (url: string) => void
}

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** Git that talks to remotes: with the caller's credentials, or with Berth's own where it has some for an https URL. */
const remotes = (program: GitProgram, { company, forges, runtimeDir }: Options) => {
  const folder = sshFolders(runtimeDir === undefined ? null : join(runtimeDir, 'ssh'))
  const files: TokenFiles | undefined = forges && tokenFiles(forges.tokens)
  const envOf = (callerEnv: CallerEnv): CallerEnv =>
    company === undefined ? callerEnv : networkEnv(callerEnv, company(callerEnv))
  const byCaller = (callerEnv: CallerEnv): Exec => remoteExec(program, envOf(callerEnv))
  const byForge = ({ url, contents, callerEnv, onToken }: RemoteCall): Exec | undefined => {
    const forge = urlParts(url)?.transport === 'https' ? forges?.of(url) : undefined
    const repository = forge?.repositoryOf(url)
    if (forges === undefined || files === undefined || forge === undefined || repository === undefined) return undefined
    const network = networkEnv({}, company?.(callerEnv) ?? NO_COMPANY)
    const { askpass, allow = () => {} } = forges
    return forgeExec({
      program,
      forge,
      url,
      repository,
      contents,
      askpass,
      allow,
      tokenFile: files,
      callerEnv,
      network,
      onToken,
    })
  }
  const to = (call: RemoteCall): { readonly exec: Exec; readonly own: boolean } => {
    const own = byForge(call)
    if (own !== undefined) return { exec: own, own: true }
    const { sshKey: key, url, contents, callerEnv } = call
    if (key === undefined) return { exec: byCaller(callerEnv), own: false }
    const remote = { program, callerEnv: envOf(callerEnv), key, url, isPush: contents === 'write', folder }
    return { exec: sshExec(remote), own: false }
  }
  return { byCaller, to }
}

/** `folder`: for a key at the moment of its use. */
const signing = (
  { path }: GitProgram,
  {
    local,
    lock,
    folder,
  }: { readonly local: Exec; readonly lock: ReturnType<typeof keyedLock>; readonly folder: string },
): Pick<Git, 'amend' | 'trySigner'> => ({
  async trySigner(signer, signal) {
    await signerOf({ folder, path, ...(signal && { signal }) }, signer)(Buffer.from('a try\n'))
  },
  async amend(input) {
    const { signer, signal, publish } = input
    const byKey = signer === null || signer.kind === 'forge' ? null : signer
    const sign = byKey && signerOf({ folder, path, ...(signal && { signal }) }, byKey)
    return await lock(publish, () => amend(local, input, sign), signal)
  },
})

const lfsDeps = (
  { company, connect, forges }: Options,
  local: Exec,
  { byCaller, to }: ReturnType<typeof remotes>,
): LfsDeps => ({
  local,
  without: knownWithout(),
  findServer: serverFinder({
    byCaller,
    bySsh: (call) => to({ ...call, contents: 'read' }).exec,
    forgeOf: (url) => forges?.of(url),
  }),
  connect: (callerEnv) => {
    if (connect === undefined) throw new LfsProblem('nothing reaches an LFS API from here')
    return connect(company?.(callerEnv) ?? NO_COMPANY)
  },
})

/** Git by the machine's own program. */
export const hostGit = (options: Options = {}): Git => {
  const program: GitProgram = { git: options.git ?? 'git', path: options.path ?? PATH }
  const local = localExec(program)
  const remote = remotes(program, options)
  const lock = keyedLock()
  const lfs = lfsDeps(options, local, remote)
  const allow = options.allow ?? (() => {})
  const remoteOf = (input: Omit<RemoteCall, 'contents'>) => remote.to({ ...input, contents: 'read' }).exec
  const mirrored = mirror({ local, remote: remoteOf, allow, lock, swept: new Set() })
  return {
    ...signing(program, { local, lock, folder: options.runtimeDir ?? tmpdir() }),
    resolve: async (url, ref, callerEnv, signal, { seen, onToken, sshKey } = {}) =>
      await resolve(remote.to({ url, contents: 'read', callerEnv, onToken, sshKey }).exec, url, ref, {
        ...(signal && { signal }),
        ...(seen && { seen }),
      }),
    checkedOut: (folder, signal) => checkedOut(local, folder, signal),
    local: (folder, signal) => localRepository(local, folder, signal),
    top: readTop(local),
    identity: (folder, callerEnv, signal) =>
      identity(remote.byCaller(callerEnv), folder, callerEnv, options.stateDir, signal),
    emptyMirror: (path, sha) => bareRepository(path, { sha, shared: true }),
    isFilled,
    dropEmpty: dropEmpty(lock),
    mirror: mirrored,
    bringModule: bringModule({ local, remote: remoteOf, allow, lock, mirror: mirrored }),
    submodules: listSubmodules(local),
    origin: (folder, signal) => readOrigin(local, folder, signal),
    async bringLfs(input) {
      const look = () => bringLfs(lfs, input)
      return await (lfs.without.has(input.sha) ? look() : lock(`${input.mirror}/lfs`, look, input.signal))
    },
    takeLfs: (input) => lock(`${input.publish}/lfs`, () => takeLfs(lfs, input), input.signal),
    copyLfs: (input) => copyLfs(local, input),
    unpin: (path, pin) => lock(path, () => unpinBase(local, path, pin)),
    dropMirror: (path, unused) => lock(path, () => dropMirror(path, unused)),
    tree: (input) => lock(dirname(input.folder), () => sharedTree(local, input), input.signal),
    unpinTree: (folder, pin) => lock(dirname(folder), () => unpinTree(folder, pin)),
    dropTree: (folder, counts) => lock(dirname(folder), () => dropTree(folder, counts)),
    take: (input) => lock(input.publish, () => take(local, input), input.signal),
    pointHead: (input) => lock(input.publish, () => pointHead(input)),
    async push(input) {
      const { exec, own } = remote.to({ ...input, contents: 'write' })
      const left = input.lfs && (await giveLfs(lfs, input, input.lfs))
      if (left !== undefined) return { ...left, ...(own && { own }) }
      return await push({ local, remote: exec, own }, input)
    },
    giveRef: async (input) => await giveRef(remote.to({ ...input, contents: 'write' }).exec, input),
    bringRef: async (input) => await bringRef(remote.to({ ...input, contents: 'write' }).exec, input),
    sshFiles: (input) => sshCopy(program, input),
    relation: (input) => relation(local, input),
    pack: (input) => packCommits(local, input),
    diff: (input) => diff(local, input),
    unlock: (repository) => lock(repository, () => unlock(repository)),
  }
}
