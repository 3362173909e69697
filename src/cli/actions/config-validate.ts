import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import * as z from 'zod'
import { type ConfigFile, readConfigFile } from '../../config/config-file.ts'
import { type Config, mergeConfig } from '../../config/load-config.ts'
import { refuseUnknownAgent } from '../../config/read-agents.ts'
import { toTaskRequest } from '../../config/to-task-request.ts'
import { BerthError } from '../../domain/errors.ts'
import { errorMessage } from '../../std/error-message.ts'
import type { Context } from '../context.ts'
import { mistakesOf, sayProblems } from './config-file.ts'

/** A request as a program writes it: the body of a submit without its caller. */
const request = z.strictObject({
  prompt: z.string(),
  settings: z.record(z.string(), z.unknown()).prefault({}),
  profile: z.string().optional(),
})

const read = (context: Context, name: string): string => {
  try {
    return readFileSync(name === '-' ? 0 : resolve(context.cwd, name), 'utf8')
  } catch (error) {
    throw new BerthError('bad-file', `${name}: ${errorMessage(error)}`, {
      cause: error,
      hint: 'Name a config file or a request as JSON, or `-` for standard input.',
    })
  }
}

const jsonOf = (text: string, name: string): unknown => {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new BerthError('bad-request', `${name}: this is not valid JSON: ${errorMessage(error)}`, { cause: error })
  }
}

const merged = (flags: Readonly<Record<string, unknown>>, context: Context, file: ConfigFile): Config => {
  const config = mergeConfig(flags, context.env, file)
  const { agent } = config.values
  if (agent !== null) refuseUnknownAgent(agent, config.origins.agent, config.providers)
  return config
}

/** Throws what a submit of this request would be refused for before Berth looks at engines, repositories or keys. */
const checkRequest = (context: Context, text: string, name: string): void => {
  const result = request.safeParse(jsonOf(text, name))
  if (!result.success) {
    const [issue] = result.error.issues
    throw new BerthError('bad-request', `${name}: ${issue?.path.join('.') || 'request'}: ${issue?.message}`)
  }
  const { prompt, settings, profile } = result.data
  const flags = profile === undefined ? settings : { ...settings, profile }
  const { mode } = toTaskRequest(merged(flags, context, readConfigFile(context.paths.configFile)), prompt)
  if (prompt.trim() === '' && mode !== 'review') throw new BerthError('empty-prompt', `${name}: the prompt is empty`)
}

const problemsOf = (context: Context, text: string, name: string): readonly BerthError[] => {
  if (!/^\s*\{/.test(text)) return mistakesOf(text, name)
  try {
    checkRequest(context, text, name)
    return []
  } catch (error) {
    if (error instanceof BerthError) return [error]
    throw error
  }
}

/** The config file itself, with the profile and preset that it and the environment select. */
const ownProblems = (context: Context): readonly BerthError[] => {
  const { configFile } = context.paths
  const mistakes: BerthError[] = []
  const file = readConfigFile(configFile, (error) => void mistakes.push(error))
  try {
    merged({}, context, file)
  } catch (error) {
    if (!(error instanceof BerthError)) throw error
    mistakes.push(error)
  }
  return mistakes
}

/**
 * Checks a config file, or a request as JSON, without a supervisor, an engine or a secret. Prints every mistake of a
 * config file, and the first of a request.
 */
export const validateAction = async (context: Context, name: string | undefined, json: boolean): Promise<number> => {
  const problems = name === undefined ? ownProblems(context) : problemsOf(context, read(context, name), name)
  const file = name ?? context.paths.configFile
  return sayProblems(context, file, problems, json)
}
