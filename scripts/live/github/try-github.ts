import { join } from 'node:path'
import { wire } from '../../../src/app/wire.ts'
import { clientPaths } from '../../../src/client/context.ts'
import { githubAccess, githubApiUrl, githubHost } from '../../../src/domain/github-settings.ts'
import { type Finding, failedStep } from '../finding.ts'
import type { SecretBook } from '../secrets.ts'
import { compareAnswers } from './compare.ts'
import { forgeBench } from './forge-bench.ts'
import { tryForge } from './steps.ts'

const ROOT = join(import.meta.dirname, '../../..')

type Tried = { readonly credential: string; readonly findings: readonly Finding[] }
type Input = {
  /** OWNER/NAME to try on; undefined: none is named. */
  readonly repository: string | undefined
  readonly folder: string
  readonly secrets: SecretBook
  readonly env: Readonly<Record<string, string>>
}

/** The settings in force, as the supervisor would have them. */
const settingsOf = ({ env, folder }: Input) => {
  const { configFile } = clientPaths(env, process.getuid?.() ?? 0)
  const log = () => undefined
  const { config } = wire({ state: folder, runtime: folder, configFile, dist: join(ROOT, 'dist'), env, log })
  return { github: config.settings().github, company: config.companyNetwork(env) }
}

/** Tries the App, or the token of [github]; in words what is missing for that. */
export const tryGitHub = async (input: Input): Promise<Tried | { readonly missing: string }> => {
  const { repository, folder, secrets, env } = input
  const { github: settings, company } = settingsOf(input)
  const access = githubAccess(settings)
  if (access === null) return { missing: 'github: set app-id and private-key in [github], and name GITHUB=OWNER/NAME' }
  if (repository === undefined) return { missing: 'github: name a repository to try on, GITHUB=OWNER/NAME' }
  const bench = forgeBench({
    ...{ access, company, env, repository, secrets },
    ...{ baseUrl: githubApiUrl(settings), host: githubHost(settings), folder: join(folder, 'github') },
  })
  const branch = `berth-live/${Date.now().toString(36)}`
  const findings = await tryForge({ bench, branch })
  const answers = await compareAnswers(bench.exchanges, folder, secrets).catch((error: unknown) =>
    failedStep('answers', error),
  )
  const who = access.kind === 'app' ? `the GitHub App ${access.app.appId}` : 'the token of [github]'
  return { credential: `${who} in ${repository}`, findings: [...findings, answers] }
}
