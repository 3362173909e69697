import type { GitHubApp } from '../../domain/github-settings.ts'
import { terminalLine } from '../../std/terminal-safe.ts'
import type { ForgeCall } from '../forge.ts'
import { missingPermissions, noInstallation } from './app-refusals.ts'
import type { AsApp } from './app-requests.ts'

type Installation = {
  readonly account: object | null
  readonly suspended_at: string | null
  readonly permissions: Readonly<Record<string, string>>
}

/** What each task needs that pushes. */
const NEEDED = { contents: 'write' } as const

const accountOf = ({ account }: Installation): string =>
  account !== null && 'login' in account ? terminalLine(String(account.login)) : 'an enterprise'

const warningOf = (installation: Installation): readonly string[] => {
  const at = `the App's installation on ${accountOf(installation)}`
  if (installation.suspended_at !== null)
    return [`${at} is suspended; an owner ends that in the settings of the account, under "GitHub Apps"`]
  const missing = missingPermissions(NEEDED, installation.permissions)
  if (missing.length === 0) return []
  return [`${at} lacks ${missing.join(', ')}; give the App this permission on its page, and let an owner accept it`]
}

/** Sentences on why an App that GitHub knows reaches no repository, or may not push there. */
export const installationWarnings = async (
  app: GitHubApp,
  asApp: AsApp,
  call: ForgeCall,
): Promise<readonly string[]> => {
  const request = await asApp("asked GitHub for the App's installations", call, (refusal, cause) =>
    refusal.status === 404 && app.installationId !== null ? noInstallation(app, refusal, cause) : undefined,
  )
  if (app.installationId !== null) {
    const at = { installation_id: app.installationId }
    return warningOf((await request('GET /app/installations/{installation_id}', at)).data)
  }
  const { data } = await request('GET /app/installations', { per_page: 100 })
  if (data.length === 0)
    return ["the App is installed on no account, so it reaches no repository; choose Install App on the App's page"]
  return data.flatMap(warningOf)
}
