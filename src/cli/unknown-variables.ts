import { SUPERVISOR_VARIABLES } from '../client/supervisor-variables.ts'
import { didYouMean } from '../std/suggest.ts'
import type { Context } from './context.ts'
import { FLAGS } from './flags.ts'

/** Variables that are no settings. */
const OTHERS = ['BERTH_HOME', 'BERTH_INSTALL_DIR', 'BERTH_PROFILE']
/** What Berth gives to the programs that it starts: an agent's own, a hook's, a test's. */
const GIVEN = /^BERTH_(TASK|EVENT|STATE|TITLE|REASON|MODEL_KEY|TEST|FAULT|CLOCK)/

const variableOf = (key: string) => `BERTH_${key.toUpperCase().replaceAll('-', '_')}`

/** What is wrong with each variable that begins as a setting does and is none. */
export const unknownVariables = (env: Context['env']): readonly string[] => {
  const known = [
    ...FLAGS.filter(({ scope }) => scope !== 'request').map(({ key }) => variableOf(key)),
    ...SUPERVISOR_VARIABLES,
    ...OTHERS,
  ]
  // A hook is told its task's by the same names.
  if (env['BERTH_EVENT'] !== undefined) return []
  const ofOneTask = new Map(FLAGS.filter(({ scope }) => scope === 'request').map(({ key }) => [variableOf(key), key]))
  return Object.keys(env)
    .filter(
      (name) => name.startsWith('BERTH_') && env[name] !== undefined && !known.includes(name) && !GIVEN.test(name),
    )
    .map((name) => {
      const key = ofOneTask.get(name)
      if (key !== undefined) return `Berth ignores ${name}: this setting belongs to one task, give it as --${key}`
      return `${name} is not a setting of Berth${didYouMean(name, known)}`
    })
}

export const sayUnknownVariables = (context: Context): void => {
  for (const words of unknownVariables(context.env)) context.stderr.write(`berth: warning: ${words}\n`)
}
