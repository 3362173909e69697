import type { SubmitBody } from '../api/bodies.ts'
import { newId } from '../std/id.ts'
import { callerContextOf } from './caller-context.ts'
import type { ClientContext } from './context.ts'
import { hostPathsFrom } from './host-paths.ts'
import { namedVariables } from './named-variables.ts'
import { readFiles } from './read-files.ts'
import { readSchema } from './read-schema.ts'
import { readScript } from './read-script.ts'
import { volumesFrom } from './volumes.ts'

/** What a submit sends: the settings as they were written, and what of this process goes with them. */
export const submitBody = async (
  context: ClientContext,
  {
    settings,
    prompt,
    profile = context.env['BERTH_PROFILE'],
    files,
  }: {
    readonly settings: Readonly<Record<string, unknown>>
    readonly prompt: string
    readonly profile: string | undefined
    /** Paths of the files that go with the prompt. */
    readonly files: readonly string[] | undefined
  },
): Promise<SubmitBody> => {
  const { cwd } = context
  const schema = settings['output-schema']
  const script = settings['startup-script']
  const named = await namedVariables(context, settings['env'])
  return {
    id: newId('t'),
    prompt,
    settings: {
      ...settings,
      ...hostPathsFrom(cwd, settings),
      ...(typeof schema === 'string' && { 'output-schema': await readSchema(context, schema) }),
      ...(typeof script === 'string' && { 'startup-script': await readScript(context, script) }),
      ...(settings['volume'] === undefined ? {} : { volume: volumesFrom(cwd, settings['volume']) }),
      ...(profile === undefined || profile === '' ? {} : { profile }),
    },
    files: [...(await readFiles(context, files))],
    caller: { ...callerContextOf(context, named), cwd },
  }
}
