import { basename, dirname, join } from 'node:path'
import { keepToken, plannedToken, tokenProgram } from '../../app/wire-tokens.ts'
import type { Context } from '../context.ts'
import { tokenUnit } from '../token-unit.ts'

const AUTHORITIES = ['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'SSL_CERT_DIR']

const defined = (env: Context['env']): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])))

/** The daemon of one task in the foreground, or the unit that runs it so. */
export const tokenDaemonAction = async (context: Context, id: string, options: { unit?: boolean }): Promise<number> => {
  const { paths, stdout } = context
  const dist = import.meta.dirname
  if (options.unit) {
    const { place } = await plannedToken(paths.state, id)
    stdout.write(tokenUnit(context, join(dirname(dist), 'bin', 'berth'), basename(place.taskFolder)))
    return 0
  }
  const env = defined(context.env)
  const authorities = Object.fromEntries(Object.entries(env).filter(([name]) => AUTHORITIES.includes(name)))
  return await keepToken({
    state: paths.state,
    task: id,
    configFile: paths.configFile,
    env,
    program: tokenProgram(dist, authorities),
    onStart: (end) => {
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end)
    },
  })
}
