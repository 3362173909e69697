import type { LfsPointer } from '../../domain/lfs-pointer.ts'
import type { StreamClient } from '../../domain/stream-client.ts'
import { terminalLine } from '../../std/terminal-safe.ts'
import type { Git, PushResult } from '../git.ts'
import { askBatch, LFS_JSON, type LfsAction, type LfsAnswer } from './batch.ts'
import type { LfsDeps } from './bring.ts'
import { inParallel } from './in-parallel.ts'
import { localStore } from './local-store.ts'
import { hasObject, putObject, readObject, shareObject } from './objects.ts'
import { type LfsFile, pointersSince } from './pointers.ts'
import { LfsProblem } from './problem.ts'
import { carryOut, type Teller } from './transfer.ts'

type Input = Parameters<Git['push']>[0]
type Lfs = NonNullable<Input['lfs']>
type Failed = Extract<PushResult, { kind: 'rejected' | 'denied' | 'unreachable' }>

const MOST_NAMED = 5
const DONE = [200, 201, 202, 204]

const namesOf = (files: readonly LfsFile[]): string => {
  const more = files.length > MOST_NAMED ? ` and ${files.length - MOST_NAMED} more` : ''
  return `${files
    .slice(0, MOST_NAMED)
    .map(({ path }) => terminalLine(path))
    .join(', ')}${more}`
}

const missing = (files: readonly LfsFile[]): LfsProblem =>
  new LfsProblem(`the contents of these files are neither there nor in the task: ${namesOf(files)}`)

const lackingIn = async (repository: string, files: readonly LfsFile[]): Promise<readonly LfsFile[]> => {
  const there = await Promise.all(files.map((file) => hasObject(repository, file)))
  return files.filter((_, at) => there[at] !== true)
}

/** Into the repository of a folder of this machine, where git-lfs looks for them. */
const giveLocal = async (store: string, { publish }: Input, files: readonly LfsFile[]): Promise<void> => {
  const wanted = await lackingIn(store, files)
  const lacking = await lackingIn(publish, wanted)
  if (lacking.length > 0) throw missing(lacking)
  for (const file of wanted) {
    const source = await readObject(publish, file)
    if (source !== undefined) await putObject(store, file, source)
  }
}

type Server = {
  readonly client: StreamClient
  readonly teller: Teller
  readonly answers: ReadonlyMap<string, LfsAnswer>
  readonly signal: AbortSignal | undefined
}

/** Tells the server that an object has come, where it wants to hear of it. */
const verify = async (
  { client, teller, signal }: Server,
  action: LfsAction,
  { oid, size }: LfsPointer,
): Promise<void> => {
  const headers = { accept: LFS_JSON, 'content-type': LFS_JSON }
  const body = JSON.stringify({ oid, size })
  const answer = await carryOut(client, action, teller, { method: 'POST', headers, body, signal })
  answer.body.destroy()
  if (!DONE.includes(answer.status)) throw new LfsProblem(`the server did not confirm an upload (${answer.status})`)
}

const upload = async (server: Server, publish: string, file: LfsFile): Promise<void> => {
  const { client, teller, answers, signal } = server
  const answer = answers.get(file.oid)
  if (answer?.action === undefined) return
  const stream = await readObject(publish, file)
  if (stream === undefined) throw missing([file])
  try {
    const headers = { 'content-type': 'application/octet-stream' }
    const body = { stream, bytes: file.size }
    const put = await carryOut(client, answer.action, teller, { method: 'PUT', headers, body, signal })
    put.body.destroy()
    if (!DONE.includes(put.status))
      throw new LfsProblem(`the server took no upload (${put.status}): ${namesOf([file])}`)
  } finally {
    stream.destroy()
  }
  if (answer.verify !== undefined) await verify(server, answer.verify, file)
}

const giveServer = async (
  { findServer, connect }: LfsDeps,
  { url, publish, callerEnv, onToken, sshKey, signal }: Input,
  files: readonly LfsFile[],
): Promise<void> => {
  const found = await findServer('upload', { url, callerEnv, onToken, sshKey, signal })
  using client = connect(callerEnv)
  const { answers, address } = await askBatch({ client, server: found, signal }, 'upload', files)
  const refused = files.find(({ oid }) => answers.get(oid)?.error !== undefined)
  if (refused !== undefined) throw new LfsProblem(`${answers.get(refused.oid)?.error}: ${namesOf([refused])}`)
  const wanted = files.filter(({ oid }) => answers.get(oid)?.action !== undefined)
  const lacking = await lackingIn(publish, wanted)
  if (lacking.length > 0) throw missing(lacking)
  const server = { client, teller: { url: new URL(found.url), address }, answers, signal }
  await inParallel(wanted, (file) => upload(server, publish, file))
}

/**
 * Uploads what the commits of a push name and the remote lacks; then the mirror has it, too. Undefined: all of it is there.
 * It comes before the push, which would else publish pointers to nothing.
 */
export const giveLfs = async (deps: LfsDeps, input: Input, { mirror, base }: Lfs): Promise<Failed | undefined> => {
  const { publish, url, sha, signal } = input
  if (deps.without.hasSince(base, sha)) return undefined
  try {
    const named = await pointersSince(deps.local, { repository: publish, base, heads: [sha], signal })
    const files = await lackingIn(mirror, named)
    if (files.length === 0) return undefined
    const store = await localStore(deps.local, url, signal)
    if (store === undefined) await giveServer(deps, input, files)
    else await giveLocal(store, input, files)
    for (const file of files) if (await hasObject(publish, file)) await shareObject(publish, mirror, file)
    return undefined
  } catch (error) {
    signal?.throwIfAborted()
    if (!(error instanceof LfsProblem)) throw error
    return { ok: false, kind: error.kind, reason: `Git LFS: ${error.message}` }
  }
}
