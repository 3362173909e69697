import { basename, dirname, join } from 'node:path'
import { keepToken, plannedToken, tokenProgram } from '../../app/wire-tokens.ts'
import { definedVariables } from '../../std/defined-variables.ts'
import type { Context } from '../context.ts'
import { tokenUnit } from '../token-unit.ts'

/** The daemon of one task in the foreground, or the unit that runs it so. */
export const tokenDaemonAction = async (context: Context, id: string, options: { unit?: boolean }): Promise<number> => {
  const { paths, stdout } = context
  const dist = import.meta.dirname
  if (options.unit) {
    const { place } = await plannedToken(paths.state, id)
    stdout.write(tokenUnit(context, join(dirname(dist), 'bin', 'berth'), basename(place.taskFolder)))
    return 0
  }
  const env = definedVariables(context.env)
  return await keepToken({
    state: paths.state,
    task: id,
    configFile: paths.configFile,
    env,
    program: tokenProgram(dist, env),
    onStart: (end) => {
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end)
    },
  })
}
