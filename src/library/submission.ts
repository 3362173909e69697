import type { SubmitBody } from '../api/bodies.ts'
import { callerContextOf } from '../client/caller-context.ts'
import type { ClientContext } from '../client/context.ts'
import { namedVariables } from '../client/named-variables.ts'
import { readFiles } from '../client/read-files.ts'
import { volumesFrom } from '../client/volumes.ts'
import { newId } from '../std/id.ts'
import type { LaunchOptions } from './options.ts'

const OWN: ReadonlySet<string> = new Set(['prompt', 'files', 'signal'])

const keyOf = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

/** A map as --env and its like write it, so that the settings of file and environment join it as they join a flag. */
const entriesOf = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.entries(value).map(([name, text]) => `${name}=${text}`)
    : value

/** The settings among what was given, by the names that the config file has. */
export const settingsOf = (options: object): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(options).flatMap(([name, value]) =>
      OWN.has(name) || value === undefined ? [] : [[keyOf(name), entriesOf(value)]],
    ),
  )

/** What a launch sends: what `berth start` sends with the same settings as flags. */
export const submission = async (context: ClientContext, options: LaunchOptions): Promise<SubmitBody> => {
  const settings = settingsOf(options)
  if (settings['volume'] !== undefined) settings['volume'] = volumesFrom(context.cwd, settings['volume'])
  const profile = options.profile ?? context.env['BERTH_PROFILE']
  if (profile !== undefined && profile !== '') settings['profile'] = profile
  const named = await namedVariables(context, settings['env'])
  return {
    id: newId('t'),
    prompt: options.prompt,
    settings,
    files: [...(await readFiles(context, options.files))],
    caller: { ...callerContextOf(context, named), cwd: context.cwd },
  }
}
