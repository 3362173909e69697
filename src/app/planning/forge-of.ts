import type { Forge } from '../../forges/forge.ts'
import type { Deps } from '../deps.ts'

/** The forge of a git URL, and the repository's OWNER/NAME there; undefined if Berth has no credentials of its own for it. */
export const forgeOf = (
  { forges }: Pick<Deps, 'forges'>,
  url: string,
): { readonly forge: Forge; readonly repository: string } | undefined => {
  const forge = forges.of(url)
  const repository = forge?.repositoryOf(url)
  return forge === undefined || repository === undefined ? undefined : { forge, repository }
}
