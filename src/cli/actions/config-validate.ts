import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { readConfigFile } from '../../config/config-file.ts'
import { refuseUnknownAgent } from '../../config/read-agents.ts'
import { BerthError } from '../../domain/errors.ts'
import { errorMessage } from '../../std/error-message.ts'
import type { Context } from '../context.ts'
import { githubMistakes } from '../github-mistakes.ts'
import { mergeInForce } from '../merge-in-force.ts'
import { requestProblems } from '../request-problems.ts'
import { mistakesOf, sayProblems } from './config-file.ts'

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

const problemsOf = (context: Context, text: string, name: string): readonly BerthError[] =>
  /^\s*\{/.test(text) ? requestProblems(context, text, name) : mistakesOf(text, name)

/** The config file itself, with the profile and preset that it and the environment select. */
const ownProblems = (context: Context): readonly BerthError[] => {
  const { configFile } = context.paths
  const mistakes: BerthError[] = []
  const onMistake = (error: unknown) => {
    if (!(error instanceof BerthError)) throw error
    mistakes.push(error)
  }
  const file = readConfigFile(configFile, onMistake)
  try {
    const config = mergeInForce(context, {}, file, onMistake)
    const { values, origins, providers } = config
    mistakes.push(...githubMistakes(config))
    if (values.agent !== null) refuseUnknownAgent(values.agent, origins.agent, providers)
  } catch (error) {
    onMistake(error)
  }
  return mistakes
}

/**
 * Checks a config file, or a request as JSON, without a supervisor, an engine or a secret. Prints every mistake.
 */
export const validateAction = async (context: Context, name: string | undefined, json: boolean): Promise<number> => {
  const problems = name === undefined ? ownProblems(context) : problemsOf(context, read(context, name), name)
  const file = name ?? context.paths.configFile
  return sayProblems(context, file, problems, json)
}
