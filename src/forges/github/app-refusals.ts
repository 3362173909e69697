import { BerthError } from '../../domain/errors.ts'
import type { GitHubApp } from '../../domain/github-settings.ts'
import { answered, type Refusal } from './api-error.ts'

export const notInstalled = ({ appId }: GitHubApp, repository: string, refusal: Refusal, cause: unknown) =>
  new BerthError(
    'app-not-installed',
    `the App ${appId} is not installed for ${repository}, or there is no such repository: GitHub answered ${answered(refusal)}`,
    { cause },
  )

export const noInstallation = ({ appId, installationId }: GitHubApp, refusal: Refusal, cause: unknown) =>
  new BerthError(
    'app-not-installed',
    `the App ${appId} has no installation ${installationId}: GitHub answered ${answered(refusal)}`,
    {
      cause,
      hint: 'Correct github.installation-id in the config file, or leave it out: Berth finds the installation of each repository.',
    },
  )

type Permissions = Readonly<Record<string, string | undefined>>

/** What is asked for and not there, as `contents: write`. */
export const missingPermissions = (asked: Permissions, granted: Permissions): readonly string[] =>
  Object.entries(asked)
    .filter(([name, level]) => granted[name] !== level && granted[name] !== 'write')
    .map(([name, level]) => `${name}: ${level}`)

export const lacksPermission = ({ appId }: GitHubApp, missing: readonly string[], repository: string, cause: unknown) =>
  new BerthError('app-permission', `the App ${appId} may not have ${missing.join(', ')} in ${repository}`, { cause })

/** What GitHub's answer to a request for a token means. Undefined: nothing about the App. */
export const mintRefusal = (
  app: GitHubApp,
  asked: { readonly repository: string; readonly permissions: Permissions },
  refusal: Refusal,
  cause: unknown,
): BerthError | undefined => {
  const { status, words } = refusal
  if (status === 404 && app.installationId !== null) return noInstallation(app, refusal, cause)
  if (status === 404) return notInstalled(app, asked.repository, refusal, cause)
  if (status !== 422) return undefined
  if (/permission/i.test(words))
    return lacksPermission(app, missingPermissions(asked.permissions, {}), asked.repository, cause)
  return /repositor/i.test(words) ? notInstalled(app, asked.repository, refusal, cause) : undefined
}
