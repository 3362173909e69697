import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { LFS_BYTES } from '../../domain/lfs-pointer.ts'
import type { StreamClient } from '../../domain/stream-client.ts'
import { formatBytes } from '../../std/bytes.ts'
import { errorMessage } from '../../std/error-message.ts'
import { type Exec, LIMIT } from '../exec.ts'
import type { CallerEnv, Git } from '../git.ts'
import { askBatch, type LfsAnswer } from './batch.ts'
import { inParallel } from './in-parallel.ts'
import type { KnownWithout } from './known-without.ts'
import { localStore } from './local-store.ts'
import { hasObject, putObject, readObject } from './objects.ts'
import { type LfsFile, pointersAt } from './pointers.ts'
import { LfsProblem } from './problem.ts'
import type { FindServer } from './server.ts'
import { carryOut, type Teller } from './transfer.ts'

export type LfsDeps = {
  readonly local: Exec
  readonly findServer: FindServer
  readonly without: KnownWithout
  readonly connect: (callerEnv: CallerEnv) => StreamClient
  /** How long one task's contents may be on their way; absent: as long as a fetch. */
  readonly limitMs?: number
}

type Input = Parameters<Git['bringLfs']>[0]
type Left = { readonly path: string; readonly why: string }
type Tell = (count: number) => void

/** The words of a failure that concerns files alone; anything else is thrown. */
const whyOf = (error: unknown, signal: AbortSignal | undefined): string => {
  signal?.throwIfAborted()
  if (error instanceof Error && error.name === 'TimeoutError') return 'their contents did not come in time'
  if (error instanceof Error) return errorMessage(error)
  throw error
}

const bringLocal = async (store: string, { mirror, url, signal }: Input, file: LfsFile, tell: Tell): Promise<void> => {
  const source = await readObject(store, file)
  if (source === undefined)
    throw new LfsProblem(`${url} does not have their contents (git lfs fetch brings them there)`)
  signal?.throwIfAborted()
  await putObject(mirror, file, source, tell)
}

type Server = {
  readonly client: StreamClient
  readonly teller: Teller
  readonly answers: ReadonlyMap<string, LfsAnswer>
}

const download = async (server: Server, { mirror, signal }: Input, file: LfsFile, tell: Tell): Promise<void> => {
  const { client, teller, answers } = server
  const { action, error } = answers.get(file.oid) ?? {}
  if (action === undefined) throw new LfsProblem(error ?? `${teller.url.host} does not say where they are`)
  const answer = await carryOut(client, action, teller, { method: 'GET', signal })
  if (answer.status !== 200) {
    answer.body.destroy()
    throw new LfsProblem(`the server that has them answered with ${answer.status}`)
  }
  await putObject(mirror, file, answer.body, tell)
}

/** How each object is brought. Rejects where none can be. */
const waysTo = async (
  { local, findServer }: LfsDeps,
  client: StreamClient,
  input: Input,
  files: readonly LfsFile[],
): Promise<(file: LfsFile, tell: Tell) => Promise<void>> => {
  const { url, signal } = input
  const store = await localStore(local, url, signal)
  if (store !== undefined) return (file, tell) => bringLocal(store, input, file, tell)
  const found = await findServer('download', input)
  const { answers, address } = await askBatch({ client, server: found, signal }, 'download', files)
  const server = { client, teller: { url: new URL(found.url), address }, answers }
  return (file, tell) => download(server, input, file, tell)
}

const progressOf = ({ onProgress }: Input, files: readonly LfsFile[]): Tell => {
  const all = formatBytes(files.reduce((sum, { size }) => sum + size, 0))
  let bytes = 0
  return (count) => {
    bytes += count
    onProgress?.(`Git LFS: ${formatBytes(bytes)} of ${all}`)
  }
}

/** The files that stay within the limit of a task, and the others. */
const within = (files: readonly LfsFile[]) => {
  let bytes = 0
  const fits: LfsFile[] = []
  const left: Left[] = []
  const why = `the files of Git LFS have more than ${formatBytes(LFS_BYTES)} together`
  for (const file of files) {
    if (bytes + file.size > LFS_BYTES) left.push({ path: file.path, why })
    else {
      bytes += file.size
      fits.push(file)
    }
  }
  return { fits, left }
}

/** Brings the objects of Git LFS that a commit's files name into the mirror. The caller holds the lock of its objects. */
export const bringLfs = async (deps: LfsDeps, input: Input): ReturnType<Git['bringLfs']> => {
  const { mirror, sha, callerEnv, signal } = input
  if (sha === '' || deps.without.has(sha)) return { objects: 0, left: [] }
  let files: readonly LfsFile[]
  try {
    files = await pointersAt(deps.local, { repository: mirror, commit: sha, signal })
  } catch (error) {
    return { objects: 0, left: [{ path: '', why: whyOf(error, signal) }] }
  }
  if (files.length === 0) deps.without.add(sha)
  const { fits, left } = within(files)
  const there = await Promise.all(fits.map((file) => hasObject(mirror, file)))
  const lacking = fits.filter((_, at) => there[at] !== true)
  if (lacking.length === 0) return { objects: files.length, left }
  // What a killed supervisor left.
  await rm(join(mirror, 'lfs/incomplete'), { recursive: true, force: true })
  using client = deps.connect(callerEnv)
  // A server may send a byte now and then for ever, and others wait for the lock.
  const limit = AbortSignal.timeout(deps.limitMs ?? LIMIT.fetch)
  const limited = { ...input, signal: signal === undefined ? limit : AbortSignal.any([signal, limit]) }
  const leave = (file: LfsFile, error: unknown) => left.push({ path: file.path, why: whyOf(error, signal) })
  try {
    const bring = await waysTo(deps, client, limited, lacking)
    const tell = progressOf(input, lacking)
    await inParallel(lacking, async (file) => {
      await bring(file, tell).catch((error: unknown) => leave(file, error))
    })
  } catch (error) {
    for (const file of lacking) leave(file, error)
  }
  return { objects: files.length, left }
}
