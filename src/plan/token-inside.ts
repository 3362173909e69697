import type { Mount } from '../domain/container-spec.ts'
import { BerthError } from '../domain/errors.ts'
import { type TaskRequest, wantsPullRequest } from '../domain/request.ts'
import { tokenPaths } from '../domain/task-paths.ts'
import { INSIDE } from '../domain/worker-protocol.ts'
import type { ForgePermissions } from '../forges/forge.ts'
import type { Facts } from './facts.ts'
import type { Plan, TokenInside } from './plan.ts'

/** In the toolbox, which every container has, whatever its image is. */
const ASKPASS = `${INSIDE.toolbox}/bin/git-askpass`
const GITHUB = 'github.com'

const refuse = (why: string, hint: string): never => {
  throw new BerthError('bad-request', `--git-credentials inside: ${why}`, { hint })
}

/** In the container's folder for secrets. */
export const isBelowSecrets = (path: string): boolean =>
  [INSIDE.secrets, `/var${INSIDE.secrets}`].some((own) => path === own || path.startsWith(`${own}/`))

/** What a token in the container may do. */
export const permissionsInside = (request: TaskRequest): ForgePermissions => ({
  contents: 'write',
  ...(wantsPullRequest(request) && { pullRequests: 'write' }),
})

/** What a token of the forge in the container adds to a plan; nothing where tokens stay outside. */
export const planTokenInside = (
  request: TaskRequest,
  { forgeInside: forge, host }: Facts,
): Pick<Plan, 'tokenInside'> => {
  if (request.gitCredentials !== 'inside' || forge === undefined) return {}
  if (host !== null) return refuse('with --isolation host the agent has your own credentials anyway', 'Leave it out.')
  const taken = [...request.volumes, ...request.tmpfs].find(({ target }) => isBelowSecrets(target))
  if (taken !== undefined)
    return refuse(`${taken.target} in the container is for its token`, 'Mount the volume at another path.')
  const { host: name, repository, tokens } = forge
  const permissions = permissionsInside(request)
  return { tokenInside: { host: name, repository, permissions, ...(tokens === 'personal' && { personal: true }) } }
}

/** The folder with the token: the folder and not its file, so that each new token shows inside. */
export const tokenMount = ({ forgeInside, folders }: Facts): readonly Mount[] =>
  forgeInside === undefined
    ? []
    : [{ role: 'secrets', source: tokenPaths(folders).secrets, target: INSIDE.secrets, readOnly: true }]

/** By which git and gh in the container find the token. They ask nobody. */
export const tokenEnvironment = ({ forgeInside: forge }: Facts): Readonly<Record<string, string>> =>
  forge === undefined
    ? {}
    : {
        GIT_ASKPASS: ASKPASS,
        GIT_TERMINAL_PROMPT: '0',
        GH_CONFIG_DIR: `${INSIDE.secrets}/gh`,
        GH_PROMPT_DISABLED: '1',
        GH_NO_UPDATE_NOTIFIER: '1',
        ...(forge.host === GITHUB ? {} : { GH_HOST: forge.host }),
      }

const tokenWords = ({ repository, permissions, personal }: TokenInside): string =>
  personal
    ? 'your own token is in the container, with all that it may do, in every repository that it reaches'
    : `a token for ${repository} is in the container, which may write its contents${permissions.pullRequests === undefined ? '' : ' and pull requests'}`

export const tokenWarnings = ({ tokenInside }: Pick<Plan, 'tokenInside'>): readonly string[] =>
  tokenInside === undefined
    ? []
    : [
        `--git-credentials inside: ${tokenWords(tokenInside)}; whatever runs there can read it, and send it wherever the rules lead`,
      ]
