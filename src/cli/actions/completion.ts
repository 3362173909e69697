import type { Command } from 'commander'
import { client } from '../../client/client.ts'
import { readConfigFile } from '../../config/config-file.ts'
import { isKey, SETTINGS } from '../../config/settings.ts'
import { BerthError, EXIT } from '../../domain/errors.ts'
import { terminalLine } from '../../std/terminal-safe.ts'
import { complete } from '../complete.ts'
import { COMPLETION_SCRIPTS } from '../completion-script.ts'
import type { Ports } from '../completion-values.ts'
import type { Context } from '../context.ts'

const LONGEST = 60

const ports = (context: Context): Ports => ({
  list: () => client(context).ask('list', { query: { all: 'true' } }),
  agents: async () => (await import('../../app/wire.ts')).modelKeys.map(({ agent }) => agent),
  logins: async () => (await client(context).ask('logins', {})).logins,
  profiles: async () => [...readConfigFile(context.paths.configFile).profiles.keys()],
  presets: async () => [...readConfigFile(context.paths.configFile).presets.keys()],
  choices: async (key) => {
    if (!isKey(key) || SETTINGS[key].type !== 'enum') return []
    return SETTINGS[key].expected.replace(/^one of /, '').split(', ')
  },
})

/** Prints the script of a shell, or, for that script, what could stand where the last word is. */
export const completionAction = async (
  context: Context,
  program: Command,
  shell: string | undefined,
  words: boolean,
): Promise<number> => {
  if (!words) {
    const script = COMPLETION_SCRIPTS[shell ?? '']
    const known = Object.keys(COMPLETION_SCRIPTS).join(', ')
    if (script === undefined) throw new BerthError('usage', `completion ${shell ?? ''}: there are ${known}`)
    context.stdout.write(script)
    return EXIT.done
  }
  for (const { value, about } of await complete(ports(context), program, context.split.rest ?? ['']))
    context.stdout.write(`${value}\t${terminalLine(about).slice(0, LONGEST).toWellFormed()}\n`)
  return EXIT.done
}
