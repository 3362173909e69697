import { BerthError } from '../../domain/errors.ts'
import type { TaskRequest } from '../../domain/request.ts'
import { shownSource } from '../../domain/shown-source.ts'
import type { ForgeCall } from '../../forges/forge.ts'
import type { Facts } from '../../plan/facts.ts'
import { permissionsInside } from '../../plan/token-inside.ts'
import type { Deps } from '../deps.ts'
import { forgeOf } from './forge-of.ts'

const HINT = 'docs/github.md says how to set up a GitHub App or a token. Leave --git-credentials out otherwise.'

/**
 * The forge that a token in the container is for; nothing where tokens stay outside. Refuses a repository that is on no
 * forge of the settings.
 */
export const forgeInside = (
  deps: Pick<Deps, 'forges'>,
  { gitCredentials }: Pick<TaskRequest, 'gitCredentials'>,
  source: Facts['source'],
): Pick<Facts, 'forgeInside'> => {
  if (gitCredentials !== 'inside') return {}
  if (source.kind !== 'clone')
    throw new BerthError('bad-request', '--git-credentials inside: the task has no repository on a forge', {
      hint: 'Name one with --repo, or leave --git-credentials out.',
    })
  const found = forgeOf(deps, source.url)
  if (found === undefined) {
    const where = shownSource(source.url)
    throw new BerthError(
      'bad-request',
      `--git-credentials inside: Berth has no credentials for a forge at the host of ${where}`,
      { hint: HINT },
    )
  }
  const { forge, repository } = found
  const { host, tokens } = forge
  return { forgeInside: { host, repository, tokens, targets: forge.targets(repository) } }
}

/** Rejects as `Forge` where no such token would be given. */
export const checkInside = async (
  deps: Pick<Deps, 'forges'>,
  request: TaskRequest,
  source: Facts['source'],
  call: ForgeCall,
): Promise<void> => {
  if (request.gitCredentials !== 'inside' || source.kind !== 'clone') return
  const found = forgeOf(deps, source.url)
  await found?.forge.check({ repository: found.repository, permissions: permissionsInside(request) }, call)
}
