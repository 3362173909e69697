import type { CallerContext } from '../../domain/caller-context.ts'
import type { EngineKind } from '../../domain/engine-kind.ts'
import { BerthError } from '../../domain/errors.ts'
import { imageReference } from '../../domain/image-reference.ts'
import type { TaskRequest } from '../../domain/request.ts'
import type { Engine, EngineInfo, ImageInfo } from '../../engines/engine.ts'
import { withEngine } from '../container/remember-engines.ts'
import type { Deps } from '../deps.ts'

const ID = /^(?:sha256:)?[a-f0-9]{12,64}$/

export type Sandbox = {
  readonly kind: EngineKind
  readonly engine: Engine
  readonly info: EngineInfo
  readonly reference: string
  readonly image: ImageInfo
}

type Input = {
  readonly deps: Pick<Deps, 'engines' | 'installation'>
  readonly request: TaskRequest
  readonly caller: CallerContext
  readonly signal: AbortSignal
}

type Located = { readonly kind: EngineKind; readonly engine: Engine }

/** As the caller: with the login that `docker login` or `podman login` keeps for this registry. */
const pull = async ({ deps, caller, signal }: Input, { kind, engine }: Located, reference: string) => {
  const question = { kind, reference, env: caller.env, uid: caller.uid }
  const login = await deps.engines.registryLogin(question, signal)
  for await (const _ of engine.pull(reference, signal, login)) signal.throwIfAborted()
}

const look = async (input: Input, reference: string): Promise<Sandbox> => {
  const { deps, request, caller, signal } = input
  const asked = { engine: request.engine, env: caller.env, uid: caller.uid }
  const located = await deps.engines.locate(asked, signal)
  const { kind, engine } = located
  const named = request.image !== undefined
  if (named && request.pull === 'always') await pull(input, located, reference)
  const [info, found] = await Promise.all([engine.info(signal), engine.image(reference, signal)])
  if (found !== undefined) return { kind, engine, info, reference, image: found }
  const missing = `${kind} does not have the image ${reference}`
  if (!named) throw new BerthError('image-missing', missing)
  if (request.pull === 'never') throw new BerthError('image-missing', `${missing}, and --pull never forbids pulling it`)
  await pull(input, located, reference)
  const pulled = await engine.image(reference, signal)
  if (pulled === undefined) throw new BerthError('image-missing', missing)
  return { kind, engine, info, reference, image: pulled }
}

/** The engine that the request means and the image on it, pulled where the policy says so. */
export const observeImage = async (input: Input): Promise<Sandbox> => {
  const { deps, request } = input
  const reference = request.image ?? deps.installation.defaultImage
  if (imageReference(reference) === undefined && !ID.test(reference))
    throw new BerthError('bad-image', `--image ${reference}: not an image name`)
  return await withEngine(deps.engines.forget, () => look(input, reference))
}
