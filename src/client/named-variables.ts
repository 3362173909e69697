import { readFileSync } from 'node:fs'
import type { TaskRecord } from '../domain/task.ts'
import type { ClientContext } from './context.ts'

const bareNames = (entries: readonly unknown[]): readonly string[] =>
  entries.filter((entry): entry is string => typeof entry === 'string' && entry !== '' && !entry.includes('='))

/** A list has names alone, a table has values: only for a list is the file read as a whole. */
const inFile = async ({ paths }: ClientContext): Promise<readonly string[]> => {
  try {
    const toml = readFileSync(paths.configFile, 'utf8')
    if (!/^\s*env\s*=\s*\[/m.test(toml)) return []
    const { parseConfig } = await import('../config/config-file.ts')
    const { values, profiles, presets, agents } = parseConfig(toml, paths.configFile)
    const bundles = [...profiles.values(), ...presets.values()].map((bundle) => bundle.values)
    return [values, ...bundles, ...agents.values()].flatMap((section) =>
      Object.entries((section.get('env')?.value ?? {}) as Readonly<Record<string, string | null>>).flatMap(
        ([name, value]) => (value === null ? [name] : []),
      ),
    )
  } catch {
    // What is wrong with it, the supervisor says.
    return []
  }
}

/** The variables of this shell that go with a request, as far as they are not listed: those that --env or the configuration names. */
export const namedVariables = async (context: ClientContext, env: unknown): Promise<readonly string[]> => [
  ...bareNames(Array.isArray(env) ? env : []),
  ...bareNames((context.env['BERTH_ENV'] ?? '').split(',').map((name) => name.trim())),
  ...(await inFile(context)),
]

/** For a further turn: also those that the task has. */
export const variablesOfTask = (
  { variables = {} }: Pick<TaskRecord, 'variables'>,
  env: readonly string[] = [],
): readonly string[] => [...Object.keys(variables), ...bareNames(env)]
