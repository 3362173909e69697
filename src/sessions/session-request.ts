import { posix, resolve } from 'node:path'
import { mergeConfig } from '../config/load-config.ts'
import { refuseUnknownAgent } from '../config/read-agents.ts'
import { isKey, type Values } from '../config/settings.ts'
import { toTaskRequest } from '../config/to-task-request.ts'
import { BerthError } from '../domain/errors.ts'
import { parseNamedSource } from '../domain/named-source.ts'
import type { TaskRequest } from '../domain/request.ts'
import { checkBranch, parseSource } from '../domain/source.ts'
import type { InForce, Layer, ManifestContext } from './read-layer.ts'

type Settings = Readonly<Record<string, unknown>>

const FLAG = /^(?:flag )?--([a-z-]+)/

/** A local folder from this machine's root. */
const repositoryOf = (repo: string, folder: string, home: string | undefined): string => {
  const source = parseSource(repo, { home })
  return source.kind === 'local' ? resolve(folder, source.path) : repo
}

type Further = Values['repos'] & object

/** The repositories beside the main one, as tables. */
const furtherOf = (repos: Further, folder: string, home: string | undefined): Further =>
  repos.map((one) => {
    const asked = typeof one === 'string' ? parseNamedSource(one) : one
    return { ...asked, repo: repositoryOf(asked.repo, folder, home) }
  })

const isInWork = (workdir: string): boolean => /^\/work(\/|$)/.test(posix.normalize(workdir))

const requestOf = (settings: Settings, prompt: string, { env, config: file }: InForce): TaskRequest => {
  const config = mergeConfig(settings, env, file)
  const { agent, mode, workdir, isolation } = config.values
  if (agent !== null) refuseUnknownAgent(agent, config.origins.agent, config.providers)
  if (workdir !== null && isolation !== 'host' && !isInWork(workdir))
    throw new BerthError('bad-request', `--workdir: a session works in its workspace: ${workdir} is not beneath /work`)
  if (prompt.trim() === '' && mode !== 'review' && mode !== 'interactive')
    throw new BerthError('empty-prompt', '--prompt: there is no prompt: write prompt, prompt-file or goal')
  return toTaskRequest(config, prompt, env['HOME'])
}

/** A session after its tables were merged. */
type Merged = { readonly layer: Layer; readonly prompt: string; readonly at: readonly string[] }

/** Runs a check; its error is a mistake at the key that it names, else at the session. */
const attempt = <T>({ layer, at }: Merged, { mistakes }: ManifestContext, work: () => T): T | undefined => {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof BerthError)) throw error
    const [, key = ''] = FLAG.exec(error.message) ?? []
    // A mistake of the config file or of a variable is none of the manifest.
    if (key === '' && error.code === 'config-invalid') throw error
    const place = isKey(key) ? layer.settings.get(key)?.at : undefined
    mistakes.tell(place ?? at, error.message.replace(FLAG, '$1'))
    return undefined
  }
}

type SessionRequest = { readonly settings: Settings; readonly request: TaskRequest }

/** The settings of a session as `run` would send them and the request that they make; undefined after a mistake. */
export const sessionRequest = (merged: Merged, context: ManifestContext): SessionRequest | undefined => {
  const { layer, prompt, at } = merged
  const { mistakes, folder, inForce } = context
  const part = (key: 'repo' | 'branch', needed: string, work: (text: string) => string): string | undefined => {
    const found = layer.settings.get(key)
    if (found === undefined) mistakes.tell(at, `${key}: a session needs a ${needed}`)
    else return attempt({ ...merged, at: found.at }, context, () => work(String(found.value)))
    return undefined
  }
  const repo = part('repo', 'repository', (text) => repositoryOf(text, folder, inForce.env['HOME']))
  const branch = part('branch', 'branch', checkBranch)
  if (repo === undefined || branch === undefined) return undefined
  const written = [...layer.settings].map(([key, { value }]) => [key, value] as const)
  const found = layer.settings.get('repos')
  const home = inForce.env['HOME']
  const further =
    found && attempt({ ...merged, at: found.at }, context, () => furtherOf(found.value as Further, folder, home))
  if (found !== undefined && further === undefined) return undefined
  const settings = { ...Object.fromEntries(written), repo, ...(further && { repos: further }) }
  const request = attempt(merged, context, () => requestOf(settings, prompt, inForce))
  return request && { settings, request }
}
