import type { CallerContext } from '../../domain/caller-context.ts'
import type { EngineKind } from '../../domain/engine-kind.ts'
import { BerthError } from '../../domain/errors.ts'
import type { TaskRequest } from '../../domain/request.ts'
import type { Engine, EngineInfo, ImageInfo } from '../../engines/engine.ts'
import { withEngine } from '../container/remember-engines.ts'
import type { Deps } from '../deps.ts'

/** NAME[:TAG][@DIGEST], as both engines read it. */
const REFERENCE =
  /^(?=.{1,400}$)[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:[.:]\d+)?(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(?:@sha256:[a-f0-9]{64})?$/
const ID = /^(?:sha256:)?[a-f0-9]{12,64}$/

export type Sandbox = {
  readonly kind: EngineKind
  readonly engine: Engine
  readonly info: EngineInfo
  readonly reference: string
  readonly image: ImageInfo
}

const pull = async (engine: Engine, reference: string, signal: AbortSignal) => {
  for await (const _ of engine.pull(reference, signal)) signal.throwIfAborted()
}

type Input = {
  readonly deps: Pick<Deps, 'engines' | 'installation'>
  readonly request: TaskRequest
  readonly caller: CallerContext
  readonly signal: AbortSignal
}

const look = async ({ deps, request, caller, signal }: Input, reference: string): Promise<Sandbox> => {
  const asked = { engine: request.engine, env: caller.env, uid: caller.uid }
  const { kind, engine } = await deps.engines.locate(asked, signal)
  const named = request.image !== undefined
  if (named && request.pull === 'always') await pull(engine, reference, signal)
  const [info, found] = await Promise.all([engine.info(signal), engine.image(reference, signal)])
  if (found !== undefined) return { kind, engine, info, reference, image: found }
  const missing = `${kind} does not have the image ${reference}`
  if (!named) throw new BerthError('image-missing', missing)
  if (request.pull === 'never') throw new BerthError('image-missing', `${missing}, and --pull never forbids pulling it`)
  await pull(engine, reference, signal)
  const pulled = await engine.image(reference, signal)
  if (pulled === undefined) throw new BerthError('image-missing', missing)
  return { kind, engine, info, reference, image: pulled }
}

/** The engine that the request means and the image on it, pulled where the policy says so. */
export const observeImage = async (input: Input): Promise<Sandbox> => {
  const { deps, request } = input
  const reference = request.image ?? deps.installation.defaultImage
  if (!REFERENCE.test(reference) && !ID.test(reference))
    throw new BerthError('bad-image', `--image ${reference}: not an image name`)
  return await withEngine(deps.engines.forget, () => look(input, reference))
}
