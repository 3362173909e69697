import { BerthError } from '../../domain/errors.ts'
import type { Forge, ForgeCommits } from '../../forges/forge.ts'
import type { Deps } from '../deps.ts'

type Found = { readonly forge: Forge; readonly repository: string; readonly commits: ForgeCommits }

/** The forge that signs commits of a repository. Throws cannot-sign where there is none. */
export const signingForge = ({ forges }: Pick<Deps, 'forges'>, url: string): Found => {
  const forge = forges.of(url)
  const repository = forge?.repositoryOf(url)
  if (forge === undefined || repository === undefined)
    throw new BerthError('cannot-sign', `--sign api: Berth has no App at the forge of ${url}`, {
      hint: 'Set app-id and private-key of [github] in the config file (docs/github.md), or sign with a key: ssh:/PATH.',
    })
  if (forge.commits === undefined)
    throw new BerthError('cannot-sign', `--sign api: ${forge.host} signs for an App only, and [github] has a token`, {
      hint: 'Set app-id and private-key of [github] in the config file (docs/github.md), or sign with a key: ssh:/PATH.',
    })
  return { forge, repository, commits: forge.commits }
}
