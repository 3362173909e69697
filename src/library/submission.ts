import type { SubmitBody } from '../api/bodies.ts'
import type { ClientContext } from '../client/context.ts'
import { submitBody } from '../client/submit-body.ts'
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
      OWN.has(name) || value === undefined ? [] : [[keyOf(name), name === 'outputSchema' ? value : entriesOf(value)]],
    ),
  )

/** What a launch sends: what `berth start` sends with the same settings as flags. */
export const submission = (context: ClientContext, options: LaunchOptions): Promise<SubmitBody> => {
  const { prompt, profile, files } = options
  return submitBody(context, { settings: settingsOf(options), prompt, profile, files })
}
