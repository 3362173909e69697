import { resolve } from 'node:path'
import * as z from 'zod'
import { allowedVolumes, refuseFolder } from '../app/planning/allowed-mounts.ts'
import { refuseUnlisted } from '../app/planning/allowed-variables.ts'
import { type ConfigFile, readConfigFile } from '../config/config-file.ts'
import { type Config, readFlag } from '../config/load-config.ts'
import { refuseUnknownAgent } from '../config/read-agents.ts'
import { givenEnv, toTaskRequest } from '../config/to-task-request.ts'
import { BerthError } from '../domain/errors.ts'
import type { TaskRequest } from '../domain/request.ts'
import { parseSource } from '../domain/source.ts'
import { codeFolder } from '../std/code-folder.ts'
import { errorMessage } from '../std/error-message.ts'
import type { Context } from './context.ts'
import { mergeInForce } from './merge-in-force.ts'

/** A request as a program writes it: the body of a submit without its caller. */
const request = z.strictObject({
  prompt: z.string(),
  settings: z.record(z.string(), z.unknown()).prefault({}),
  profile: z.string().optional(),
})

type Settings = Readonly<Record<string, unknown>>
/** Does a piece of work, and takes down the mistake that ends it. */
type Attempt = <T>(work: () => T) => T | undefined

/** The mistakes so far, each once. */
const mistakes = () => {
  const problems: BerthError[] = []
  const tell = (error: unknown): void => {
    if (!(error instanceof BerthError)) throw error
    if (!problems.some(({ message }) => message === error.message)) problems.push(error)
  }
  const attempt: Attempt = (work) => {
    try {
      return work()
    } catch (error) {
      tell(error)
      return undefined
    }
  }
  return { problems, tell, attempt }
}

const jsonOf = (text: string, name: string): unknown => {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new BerthError('bad-request', `${name}: this is not valid JSON: ${errorMessage(error)}`, { cause: error })
  }
}

const isTable = (value: unknown): value is Settings =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The settings of a request that can be read, each looked at by itself. */
const readable = (settings: Settings, attempt: Attempt): Settings =>
  Object.fromEntries(
    Object.entries(settings).filter(([name, raw]) => attempt(() => [readFlag(name, raw)]) !== undefined),
  )

/** What is in force; without the preset and the profile of the request, if there are no such ones. */
const merged = (context: Context, flags: Settings, file: ConfigFile, attempt: Attempt): Config | undefined => {
  const merge = (some: Settings) =>
    mergeInForce(context, some, file, (error) =>
      attempt(() => {
        throw error
      }),
    )
  const { preset: _, profile: __, ...others } = flags
  const whole = attempt(() => merge(flags))
  const isSmaller = Object.keys(others).length < Object.keys(flags).length
  return whole ?? (isSmaller ? attempt(() => merge(others)) : undefined)
}

/** Mounts and variables that the settings of the supervisor do not allow. */
const checkAllowed = (context: Context, config: Config, task: TaskRequest, attempt: Attempt): void => {
  const { values, origins } = config
  // An empty list allows nothing, one that nobody set allows everything.
  const listed = (key: 'mount-roots' | 'env-allow') => (origins[key] === 'default' ? null : values[key])
  const settings = { mountRoots: listed('mount-roots'), workspaceBaseDir: values['workspace-base-dir'] }
  const code = [codeFolder(context.env)].filter((folder) => folder !== null)
  for (const volume of task.volumes) attempt(() => allowedVolumes(settings, [volume], code))
  const source =
    task.repo === undefined ? undefined : attempt(() => parseSource(task.repo ?? '', { home: context.env['HOME'] }))
  if (source?.kind === 'local')
    attempt(() => refuseFolder(settings, { kind: task.source, folder: resolve(context.cwd, source.path) }, code))
  for (const { repo } of task.repos) attempt(() => parseSource(repo, { home: context.env['HOME'] }))
  const given = givenEnv(config)
  for (const name of task.envFrom)
    if (given[name] === undefined) attempt(() => refuseUnlisted(listed('env-allow'), [name]))
}

/** Everything that a submit of this request would be refused for before Berth looks at engines, repositories or keys. */
export const requestProblems = (context: Context, text: string, name: string): readonly BerthError[] => {
  const { problems, tell, attempt } = mistakes()
  const json = attempt(() => jsonOf(text, name))
  if (!isTable(json)) return problems
  for (const issue of request.safeParse(json).error?.issues ?? [])
    tell(new BerthError('bad-request', `${name}: ${issue.path.join('.') || 'request'}: ${issue.message}`))
  const { prompt, settings, profile } = json
  const flags = {
    ...readable(isTable(settings) ? settings : {}, attempt),
    ...(typeof profile === 'string' ? { profile } : {}),
  }
  const file = readConfigFile(context.paths.configFile, tell)
  const config = merged(context, flags, file, attempt)
  if (config === undefined) return problems
  const { agent, mode } = config.values
  if (agent !== null) attempt(() => refuseUnknownAgent(agent, config.origins.agent, config.providers))
  if (typeof prompt === 'string' && prompt.trim() === '' && mode !== 'review' && mode !== 'interactive')
    tell(new BerthError('empty-prompt', `${name}: the prompt is empty`))
  const task = attempt(() => toTaskRequest(config, typeof prompt === 'string' ? prompt : ''))
  if (task !== undefined) checkAllowed(context, config, task, attempt)
  return problems
}
