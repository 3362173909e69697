import { BerthError } from '../domain/errors.ts'
import { type ImageReference, imageReference } from '../domain/image-reference.ts'
import type { Engine, PushProgress, RegistryLogin } from '../engines/engine.ts'
import { locateEngine } from '../engines/locate/locate-engine.ts'
import { registryLogin } from '../engines/registry/registry-login.ts'
import { retry } from '../std/retry.ts'
import type { InstallOptions } from './install.ts'

export type Pushed = {
  readonly image: string
  /** The name in the registry, with its tag. */
  readonly to: string
  readonly digest: string
  readonly engine: string
  /** Those that were sent, and those that the registry had; null: the engine does not tell. */
  readonly layers: { readonly sent: number; readonly there: number } | null
}

export type PushRequest = {
  readonly image: string
  /** The name in the registry; undefined: `image` is it. */
  readonly to: string | undefined
  /** As `--engine` names it. */
  readonly engine: string | undefined
  readonly uid: number
}

/** A registry needs a moment to come back; the engines themselves try a layer again for as long. */
const DELAYS = [1000, 5000, 15_000]
const BROKEN =
  /\bEOF\b|reset by peer|broken pipe|closed network connection|timeout|timed out|connection (?:was )?(?:reset|closed)|\b50[0234]\b|too many requests/i
const GONE = /connection refused|no route to host|network is unreachable|no such host/i

const parsed = (what: string, text: string): ImageReference => {
  const reference = imageReference(text)
  if (reference !== undefined && reference.digest === null) return reference
  const hint = `Write the image as [REGISTRY/]NAME[:TAG], in lower case; a tag has at most 128 letters, digits, dots, dashes and underscores.`
  throw new BerthError('bad-image', `${what} ${text}: not the name of an image with a tag`, { hint })
}

/** The name in the registry: with the tag of the image where it has none of its own. */
export const pushTarget = ({ image, to }: Pick<PushRequest, 'image' | 'to'>): string => {
  const own = parsed('image', image)
  const target = to === undefined ? own : parsed('--to', to)
  if (target.registry === null) {
    const named = to === undefined ? image : `--to ${to}`
    const hint = `Name the registry: berth image push ${image} --to REGISTRY/${target.name}:${target.tag ?? own.tag ?? 'latest'}`
    throw new BerthError('bad-image', `${named} names no registry`, { hint })
  }
  return `${target.name}:${target.tag ?? own.tag ?? 'latest'}`
}

/** What is known of the layers of a push, over all of its tries. */
const layerCount = () => {
  const layers = new Map<string, { state: 'sending' | 'sent' | 'there'; done: number; total: number | null }>()
  const count = (state: string) => [...layers.values()].filter((layer) => layer.state === state).length
  return {
    take(step: Exclude<PushProgress, { step: 'done' }>) {
      const before = layers.get(step.layer)
      if (step.step === 'sending') layers.set(step.layer, { state: 'sending', done: step.done, total: step.total })
      else if (before?.state !== 'sent') layers.set(step.layer, { state: step.step, done: 0, total: null })
      return before === undefined
    },
    bytes() {
      const sending = [...layers.values()].filter(({ state }) => state === 'sending')
      const sum = (of: (layer: (typeof sending)[number]) => number) => sending.reduce((all, one) => all + of(one), 0)
      const known = sending.every(({ total }) => total !== null)
      return { done: sum(({ done }) => done), total: known ? sum(({ total }) => total ?? 0) : null }
    },
    /** The registry has taken something. */
    begun: () => [...layers.values()].some(({ state, done }) => state !== 'sending' || done > 0),
    counts: () => {
      const counts = { sent: count('sent'), there: count('there') }
      return counts.sent + counts.there === layers.size ? counts : null
    },
  }
}

type Push = {
  readonly engine: Engine
  readonly image: string
  readonly to: string
  readonly login: RegistryLogin | undefined
  readonly layers: ReturnType<typeof layerCount>
  readonly options: InstallOptions
  readonly signal: AbortSignal
}

const pushOnce = async ({ engine, image, to, login, layers, options, signal }: Push): Promise<string> => {
  for await (const step of engine.push({ reference: image, to, login }, signal)) {
    if (step.step === 'done') return step.digest
    const isNew = layers.take(step)
    const { done, total } = layers.bytes()
    if (step.step === 'there') options.progress(`layer ${step.layer}: already in the registry`)
    else if (step.step === 'sent') options.progress(`layer ${step.layer}: sent`)
    else if (total !== null) options.bytes?.(`pushing ${to}`, done, total)
    else if (isNew) options.progress(`layer ${step.layer}: under way`)
  }
  throw new BerthError('engine-error', `push image ${to}: the engine told no digest`)
}

const mayPass = (error: unknown, begun: boolean): boolean =>
  error instanceof BerthError &&
  error.code === 'engine-error' &&
  (BROKEN.test(error.message) || (begun && GONE.test(error.message)))

/**
 * Pushes an image to a registry, with the login that `docker login` or `podman login` keeps for it. A connection that
 * breaks is tried again, and the layers that the registry has are not sent twice; nor are they by a later call.
 */
export const pushImage = async (request: PushRequest, options: InstallOptions): Promise<Pushed> => {
  const { image, uid } = request
  const to = pushTarget(request)
  const signal = options.signal ?? new AbortController().signal
  // As `berth image build` takes it too: podman=unix:///...
  const named = request.engine?.replace(/^(?:docker|podman)=/, '')
  const { kind, engine } = await locateEngine({ engine: named, env: options.env, uid }, signal)
  const login = await registryLogin({ kind, reference: to, env: options.env, uid }, signal)
  options.progress(`pushing ${image} to ${to} (${kind})`)
  const layers = layerCount()
  const push = { engine, image, to, login, layers, options, signal }
  const digest = await retry(() => pushOnce(push), {
    while: (error) => mayPass(error, layers.begun()),
    delays: DELAYS,
    onRetry: (error) => options.progress(`the connection broke, going on: ${(error as Error).message}`),
    signal,
  })
  return { image, to, digest, engine: kind, layers: layers.counts() }
}
