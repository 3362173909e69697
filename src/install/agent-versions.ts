import { BerthError } from '../domain/errors.ts'
import { AGENT_PACKAGES, type PackagedAgent } from './agent-packages.ts'
import type { InstallOptions } from './install.ts'
import { tryNpm } from './npm.ts'
import { toldCause } from './run.ts'

const LIMIT_MS = 60_000
/** A version, or a name of one such as `latest`: never another source, which npm would take too. */
const ASKED = /^[A-Za-z0-9][A-Za-z0-9.+-]*$/

const NOTHING = 'Nothing was changed.'

/** By the numbers of both; of a version before a release nothing is said. */
export const isNewer = (version: string, than: string): boolean => {
  const numbers = (text: string) => text.split(/[.+-]/).slice(0, 3).map(Number)
  const [a, b] = [numbers(version), numbers(than)]
  const at = a.findIndex((number, i) => number !== b[i])
  return at !== -1 && (a[at] ?? 0) > (b[at] ?? 0)
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The version that the registry of npm means by `asked`. Throws where it has none, and where it does not answer. */
export const agentVersion = async (agent: PackagedAgent, asked: string, options: InstallOptions): Promise<string> => {
  const { name } = AGENT_PACKAGES[agent]
  const unknown = (cause?: string) =>
    new BerthError('usage', `${agent}@${asked}: npm has no such version of ${name}${cause ? ` (${cause})` : ''}`, {
      hint: `List the versions with \`npm view ${name} versions\`. ${NOTHING}`,
    })
  if (!ASKED.test(asked)) throw unknown()
  const result = await tryNpm(['view', `${name}@${asked}`, 'version', '--json', '--fetch-retries=0'], options, {
    limitMs: LIMIT_MS,
  })
  const said = parsed(result.stdout.toString())
  const version = Array.isArray(said) ? said.at(-1) : said
  // It becomes a part of a folder's name.
  if (result.code === 0 && typeof version === 'string' && ASKED.test(version)) return version
  const words = `${result.stderr}\n${result.stdout}`
  if (result.code === 0 || /E404|ETARGET/.test(words)) throw unknown()
  const told = toldCause(words)
  const last = words.trim().split('\n')[0] ?? result.end
  throw new BerthError(told?.code ?? 'network-unreachable', `npm view ${name}@${asked}: ${told?.line ?? last}`, {
    hint: `Check the network, the proxy and \`npm config get registry\`, then try again. ${NOTHING}`,
  })
}
