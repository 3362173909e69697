import type { EngineKind } from '../../domain/engine-kind.ts'
import { BerthError, type ErrorCode } from '../../domain/errors.ts'
import { imageReference } from '../../domain/image-reference.ts'

const KINDS: readonly (readonly [RegExp, ErrorCode])[] = [
  [/invalid reference format|must be lowercase|invalid tag format|normalizing name/i, 'bad-image'],
  [
    /access (?:to the resource )?(?:is )?denied|unauthorized|authentication required|no basic auth|(?:^|: )denied: |permission_denied|invalid username\/password/i,
    'image-denied',
  ],
  [/no such image|image not known|failed to find image|manifest unknown|manifest for .* not found/i, 'image-missing'],
]

export type ImageOfEngine = {
  readonly kind: EngineKind
  /** The engine as messages name it. */
  readonly label: string
  readonly reference: string
  /** A login went with the request. */
  readonly loggedIn?: boolean
}

const loginHint = ({ kind, reference, loggedIn = false }: ImageOfEngine): string => {
  const registry = imageReference(reference)?.registry ?? 'docker.io'
  const command = `\`${kind} login ${registry}\``
  return loggedIn
    ? `The registry refused the login that you have for ${registry}. Log in again with ${command}, as a user who may use this image, then try again.`
    : `Log in with ${command}, then try again.`
}

/** The error of an engine's words about an image, or undefined where they tell of something else. */
export const imageError = (image: ImageOfEngine, words: string): BerthError | undefined => {
  const { label, reference } = image
  const code = KINDS.find(([pattern]) => pattern.test(words))?.[1]
  if (code === undefined) return undefined
  const hint = code === 'image-denied' ? { hint: loginHint(image) } : {}
  return new BerthError(code, `${label}: image ${reference}: ${words}`, hint)
}

/** What may stand in a path to an engine; which of these are names is the engine's to say. */
const SAFE = /^[A-Za-z0-9][A-Za-z0-9._\-/:@]*$/

export const imagePath = (label: string, reference: string): string => {
  const safe = SAFE.test(reference) && !reference.includes('..') && !reference.includes('//')
  if (!safe) throw new BerthError('bad-image', `${label}: ${reference} is not an image name`)
  return `/images/${reference.split('/').map(encodeURIComponent).join('/')}`
}
