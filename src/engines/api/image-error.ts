import { BerthError, type ErrorCode } from '../../domain/errors.ts'

const KINDS: readonly (readonly [RegExp, ErrorCode])[] = [
  [/invalid reference format|must be lowercase|invalid tag format|normalizing name/i, 'bad-image'],
  [/access (?:to the resource )?(?:is )?denied|unauthorized|authentication required|no basic auth/i, 'image-denied'],
  [/no such image|image not known|failed to find image|manifest unknown|manifest for .* not found/i, 'image-missing'],
]

/** The error of an engine's words about an image, or undefined where they tell of something else. */
export const imageError = (label: string, reference: string, words: string): BerthError | undefined => {
  const code = KINDS.find(([pattern]) => pattern.test(words))?.[1]
  return code === undefined ? undefined : new BerthError(code, `${label}: image ${reference}: ${words}`)
}

/** What may stand in a path to an engine; which of these are names is the engine's to say. */
const SAFE = /^[A-Za-z0-9][A-Za-z0-9._\-/:@]*$/

export const imagePath = (label: string, reference: string): string => {
  const safe = SAFE.test(reference) && !reference.includes('..') && !reference.includes('//')
  if (!safe) throw new BerthError('bad-image', `${label}: ${reference} is not an image name`)
  return `/images/${reference.split('/').map(encodeURIComponent).join('/')}`
}
