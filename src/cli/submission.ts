import type { SubmitBody } from '../api/contract.ts'
import { newId } from '../std/id.ts'
import { callerOf } from './caller.ts'
import type { Context } from './context.ts'
import { readPrompt } from './prompt.ts'
import { readFiles } from './read-files.ts'
import { givenSettings } from './run-flags.ts'

const namesOf = (env: unknown): readonly string[] =>
  (Array.isArray(env) ? env : []).filter((entry): entry is string => typeof entry === 'string' && !entry.includes('='))

/** A review needs no words of its own. */
const promptOf = async (context: Context, words: readonly string[], settings: Readonly<Record<string, unknown>>) =>
  words.length === 0 && settings['mode'] === 'review' ? '' : await readPrompt(context, words)

/** What `run` and `start` send: the flags as they were written, the prompt, and the caller's world. */
export const submission = async (
  context: Context,
  words: readonly string[],
  options: Readonly<Record<string, unknown>>,
): Promise<SubmitBody> => {
  const settings = givenSettings(options)
  const { rest, dashed } = context.split
  const before = dashed === null ? words : [...words, dashed]
  const [prompt, args] = before.length === 0 && rest !== null ? [rest.slice(0, 1), rest.slice(1)] : [before, rest ?? []]
  if (args.length > 0) settings['args'] = args
  const named = [...namesOf(settings['env']), ...namesOf((context.env['BERTH_ENV'] ?? '').split(','))]
  const profile = options['profile'] ?? context.env['BERTH_PROFILE']
  if (typeof profile === 'string' && profile !== '') settings['profile'] = profile
  return {
    id: newId('t'),
    prompt: await promptOf(context, prompt, settings),
    settings,
    files: [...(await readFiles(context, options['file'] as readonly string[] | undefined))],
    caller: callerOf(context, named),
  }
}
