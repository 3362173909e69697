import { join } from 'node:path'
import { NO_COMPANY } from '../../../src/domain/company-network.ts'
import { startGitHub } from '../../../test/fixtures/github/start-github.ts'
import { type Finding, finding } from '../finding.ts'
import type { SecretBook } from '../secrets.ts'
import { differences } from '../shape.ts'
import { type ForgeBench, forgeBench } from './forge-bench.ts'
import type { ApiExchange } from './recording-fetch.ts'
import { tryForge } from './steps.ts'

/** What the scripted GitHub answers in the same steps. */
const scriptedAnswers = async (folder: string, secrets: SecretBook): Promise<readonly ApiExchange[]> => {
  await using server = await startGitHub()
  const { url, fullName } = server.addRepository({ name: 'acme/app' })
  const { app, apiUrl, host, caFile } = server
  const access = { kind: 'app', app: { appId: String(app.id), key: app.privateKeyFile, installationId: null } } as const
  const bench: ForgeBench = forgeBench({
    ...{ access, baseUrl: apiUrl, host, repository: fullName, secrets, env: {} },
    company: { ...NO_COMPANY, caFile },
    folder: join(folder, 'scripted'),
  })
  const failed = (await tryForge({ bench, branch: 'berth-live' })).filter(({ result }) => result === 'failed')
  if (failed.length > 0)
    throw new Error(`the scripted GitHub at ${url}: ${failed.map(({ words }) => words).join('; ')}`)
  return bench.exchanges
}

/** Fields that the real one has and the scripted one lacks are no difference: it has those alone that Berth reads. */
const isOfUse = (difference: string) => !difference.endsWith(' is new')

/** How the answers of a GitHub differ from those of the scripted one in the same steps. */
export const compareAnswers = async (
  real: readonly ApiExchange[],
  folder: string,
  secrets: SecretBook,
): Promise<Finding> => {
  const scripted = await scriptedAnswers(folder, secrets)
  const seen = new Set<string>()
  const found = real.flatMap(({ route, status, shape }) => {
    if (seen.has(`${route} ${status}`)) return []
    seen.add(`${route} ${status}`)
    const same = scripted.find((one) => one.route === route && one.status === status)
    if (same === undefined) return [`${route}: ${status}, which the scripted GitHub did not answer`]
    return differences(same.shape, shape)
      .filter(isOfUse)
      .map((one) => `${route}: ${one}`)
  })
  const limits = Object.assign({}, ...real.map((one) => one.limits))
  return finding('answers', `${real.length} answers of the API, ${seen.size} kinds`, { differences: found, limits })
}
