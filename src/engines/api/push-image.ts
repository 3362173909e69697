import { BerthError } from '../../domain/errors.ts'
import { imageReference } from '../../domain/image-reference.ts'
import type { PushProgress, RegistryLogin } from '../engine.ts'
import { SLOW_MS } from '../http/call.ts'
import type { EngineCalls } from './engine-calls.ts'
import { imageError, imagePath } from './image-error.ts'
import { registryHeader } from './registry-header.ts'
import { type RegistryLine, registryLines } from './registry-lines.ts'
import type { WireImage } from './wire-types.ts'

type Line = RegistryLine & {
  readonly id?: string
  readonly stream?: string
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

const stepOf = ({ id, status = '', stream = '', progressDetail }: Line): PushProgress | undefined => {
  const copied = /^Copying blob (?:sha256:)?([0-9a-f]{12})/.exec(stream)?.[1]
  if (copied !== undefined) return { step: 'sending', layer: copied, done: 0, total: null }
  if (id === undefined || id === '') return undefined
  if (/already exists|^Mounted from/i.test(status)) return { step: 'there', layer: id }
  if (/^Pushed/.test(status)) return { step: 'sent', layer: id }
  if (!/^Pushing/.test(status)) return undefined
  const { current = 0, total } = progressDetail ?? {}
  return { step: 'sending', layer: id, done: current, total: total === undefined || total <= 0 ? null : total }
}

/** Both engines end so: `1.0: digest: sha256:... size: 1079`. */
const digestOf = ({ aux, status = '' }: Line): string | undefined =>
  aux?.Digest ?? /: digest: (sha256:[0-9a-f]{64}) /.exec(status)?.[1]

async function* send(push: Push): AsyncGenerator<PushProgress> {
  const { calls, to, login, signal } = push
  const { name: repository = to, tag } = imageReference(to) ?? {}
  // Docker wants the header even without a login.
  const common = { method: 'POST', headers: registryHeader(login), doing: `push image ${to}`, limitMs: null } as const
  const path = `${imagePath(calls.connection.label, repository)}/push`
  const layers = calls.dialect.sendLayers?.(to)
  const asked = [...(layers === undefined ? [] : [layers]), { path, query: { tag: tag ?? 'latest' } }]
  let digest: string | undefined
  for (const call of asked) {
    const lines = registryLines<Line>(
      calls,
      { ...common, ...call, signal },
      { reference: to, loggedIn: login !== undefined },
    )
    for await (const line of lines) {
      digest = digestOf(line) ?? digest
      const step = stepOf(line)
      if (step !== undefined) yield step
    }
  }
  if (digest === undefined)
    throw new BerthError('engine-error', `${calls.connection.label}: push image ${to}: the engine told no digest`)
  yield { step: 'done', digest }
}

/** Sends an image under a name of the registry's, which the engine does not keep if it is new there. */
export async function* pushImage(push: Push): AsyncGenerator<PushProgress> {
  const { reference, to } = push
  const [image, there] = await Promise.all([look(push, reference), look(push, to)])
  if (image === undefined)
    throw new BerthError('image-missing', `${push.calls.connection.label} does not have the image ${reference}`, {
      hint: 'List the images of Berth with `berth image ls`.',
    })
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
