import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AGENT_PACKAGES, type PackagedAgent } from './agent-packages.ts'
import type { InstallOptions } from './install.ts'
import { intoPlace, mkdirOpen } from './into-place.ts'
import { npm } from './npm.ts'

/** Name of the part in the cache. */
export const agentPart = (agent: string, version: string): string => `cli-${agent}-${version}`

/** One version of an agent's package as npm brings it, checked against the registry's hash. Gives its folder. */
export const fetchAgent = async (agent: PackagedAgent, version: string, options: InstallOptions): Promise<string> => {
  const { name, versionFor } = AGENT_PACKAGES[agent]
  const path = join(options.install, 'cache', agentPart(agent, version))
  await intoPlace(path, async (temporary) => {
    options.progress(`fetching ${agent} ${version} from npm`)
    await mkdirOpen(temporary)
    await writeFile(join(temporary, 'package.json'), '{ "private": true }\n')
    const alone = ['--omit=dev', '--omit=optional', '--omit=peer', '--os=linux', '--no-package-lock', '--no-save']
    const limits = { cwd: temporary, limitMs: 900_000, code: 'agent-missing' } as const
    await npm(['install', ...alone, `${name}@${versionFor(version)}`], options, limits)
  })
  return join(path, 'node_modules', name)
}
