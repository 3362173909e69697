import { BerthError } from '../../domain/errors.ts'
import { didYouMean } from '../../std/suggest.ts'
import type { Deps } from '../deps.ts'

/** For an agent that nobody knows; names those that are known. */
export const unknownProvider = (
  { providers }: Pick<Deps, 'providers'>,
  asked: string,
  configured: readonly string[] = [],
): BerthError => {
  const own = [...providers.values()].flatMap(({ id, hidden }) => (hidden === true ? [] : [id]))
  const known = [...own, ...configured]
  return new BerthError(
    'unknown-provider',
    `--agent ${asked}: there is no such agent; known: ${known.join(', ')}${didYouMean(asked, known)}`,
  )
}
