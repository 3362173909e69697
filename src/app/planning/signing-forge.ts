import { BerthError } from '../../domain/errors.ts'
import { shownSource } from '../../domain/shown-source.ts'
import type { Forge, ForgeCommits } from '../../forges/forge.ts'
import type { Deps } from '../deps.ts'
import { forgeOf } from './forge-of.ts'

type Found = { readonly forge: Forge; readonly repository: string; readonly commits: ForgeCommits }

const HINT =
  'Set app-id and private-key of [github] in the config file (docs/github.md), or sign with a key: ssh:/PATH.'

const unsigned = (why: string) => new BerthError('cannot-sign', `--sign api: ${why}`, { hint: HINT })

/** The forge that signs commits of a repository. Throws cannot-sign where there is none. */
export const signingForge = (deps: Pick<Deps, 'forges'>, url: string): Found => {
  const found = forgeOf(deps, url)
  if (found === undefined) throw unsigned(`Berth has no App at the forge of ${shownSource(url)}`)
  const { forge } = found
  if (forge.commits === undefined) throw unsigned(`${forge.host} signs for an App only, and [github] has a token`)
  return { ...found, commits: forge.commits }
}
