import { BerthError } from '../../domain/errors.ts'
import { imageReference } from '../../domain/image-reference.ts'
import type { PushProgress, RegistryLogin } from '../engine.ts'
import { SLOW_MS } from '../http/call.ts'
import type { EngineCalls } from './engine-calls.ts'
import { imageError, imagePath } from './image-error.ts'
import { pullImage } from './pull-image.ts'
import { registryHeader } from './registry-header.ts'
import { type RegistryLine, registryLines } from './registry-lines.ts'
import type { WireImage } from './wire-types.ts'

type Line = RegistryLine & {
  readonly id?: string
  readonly progressDetail?: { readonly current?: number; readonly total?: number } | null
  readonly aux?: { readonly Digest?: string } | null
}

type Push = {
  readonly calls: EngineCalls
  readonly reference: string
  readonly to: string
  readonly login: RegistryLogin | undefined
  readonly signal: AbortSignal
}

const look = async ({ calls, signal }: Push, reference: string): Promise<WireImage | undefined> => {
  const { connection, quick } = calls
  const path = `${imagePath(connection.label, reference)}/json`
  const answer = await connection.send(quick('GET', path, `look for image ${reference}`, { signal }))
  return answer.status === 200 ? (JSON.parse(answer.body.toString('utf8')) as WireImage) : undefined
}

/** Names the image after its place in the registry: an engine pushes an image by that name alone. */
const name = async ({ calls, reference, to, login, signal }: Push): Promise<void> => {
  const { connection, dialect } = calls
  const { name: repo = to, tag } = imageReference(to) ?? {}
  const call = {
    method: 'POST',
    path: `${imagePath(connection.label, reference)}/tag`,
    query: { repo, tag: tag ?? 'latest' },
    doing: `name image ${reference} ${to}`,
    limitMs: SLOW_MS,
    signal,
  } as const
  const answer = await connection.send(call)
  if (answer.status < 300) return
  const image = { kind: dialect.kind, label: connection.label, reference, loggedIn: login !== undefined }
  throw imageError(image, answer.words) ?? connection.error(call, answer)
}

const unname = async ({ calls, to }: Push): Promise<void> => {
  const { connection } = calls
  const path = imagePath(connection.label, to)
  const query = { noprune: 'true' }
  await connection.send({
    method: 'DELETE',
    path,
    query,
    doing: `remove the name ${to}`,
    limitMs: SLOW_MS,
    signal: undefined,
  })
}

const stepOf = ({ id, status = '', progressDetail }: Line): PushProgress | undefined => {
  if (id === undefined || id === '') return undefined
  if (/already exists|^Mounted from/i.test(status)) return { step: 'there', layer: id }
  if (/^Pushed/.test(status)) return { step: 'sent', layer: id }
  if (!/^Pushing/.test(status)) return undefined
  const { current = 0, total } = progressDetail ?? {}
  return { step: 'sending', layer: id, done: current, total: total === undefined || total <= 0 ? null : total }
}

/** The digest in the registry, where the push itself does not tell it: the image is asked for once more. */
const digestThere = async (push: Push): Promise<string> => {
  const { calls, to, login, signal } = push
  for await (const _ of pullImage(calls, { reference: to, login }, signal)) signal.throwIfAborted()
  const { name: repository = to } = imageReference(to) ?? {}
  const digests = (await look(push, to))?.RepoDigests ?? []
  const digest = digests.find((one) => one.startsWith(`${repository}@`)) ?? digests[0]
  if (digest === undefined)
    throw new BerthError('engine-error', `${calls.connection.label}: ${to} is in the registry, without a digest`)
  return digest.slice(digest.indexOf('@') + 1)
}

async function* send(push: Push): AsyncGenerator<PushProgress> {
  const { calls, to, login, signal } = push
  const { name: repository = to, tag } = imageReference(to) ?? {}
  const call = {
    method: 'POST',
    path: `${imagePath(calls.connection.label, repository)}/push`,
    query: { tag: tag ?? 'latest' },
    // Docker wants the header even without a login.
    headers: registryHeader(login),
    doing: `push image ${to}`,
    limitMs: null,
    signal,
  } as const
  let digest: string | undefined
  for await (const line of registryLines<Line>(calls, call, { reference: to, loggedIn: login !== undefined })) {
    digest = line.aux?.Digest ?? digest
    const step = stepOf(line)
    if (step !== undefined) yield step
  }
  const known = calls.dialect.tellsPushedDigest ? digest : undefined
  yield { step: 'done', digest: known ?? (await digestThere(push)) }
}

/** Sends an image under a name of the registry's, which the engine does not keep if it is new there. */
export async function* pushImage(push: Push): AsyncGenerator<PushProgress> {
  const { reference, to } = push
  const [image, there] = await Promise.all([look(push, reference), look(push, to)])
  if (image === undefined)
    throw new BerthError('image-missing', `${push.calls.connection.label} does not have the image ${reference}`)
  if (there?.Id === image.Id) {
    yield* send(push)
    return
  }
  await name(push)
  try {
    yield* send(push)
  } finally {
    // The last name of an image is the image.
    if (there === undefined && (image.RepoTags ?? []).length > 0) await unname(push)
  }
}
