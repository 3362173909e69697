import type { SubmitBody } from '../api/bodies.ts'
import { submitBody } from '../client/submit-body.ts'
import { terminalLine } from '../std/terminal-safe.ts'
import type { Context } from './context.ts'
import { workTreeHere } from './default-repo.ts'
import { envEntries } from './env-file.ts'
import { warnOfHostLogin } from './host-login-warning.ts'
import { readPrompt } from './prompt.ts'
import { givenSettings } from './run-flags.ts'

/** A review needs no words of its own, nor does somebody who types them at the agent's terminal. */
const promptOf = async (
  context: Context,
  words: readonly string[],
  settings: Readonly<Record<string, unknown>>,
  file: string | undefined,
) =>
  words.length === 0 && ['review', 'interactive'].includes(String(settings['mode'])) && file === undefined
    ? ''
    : await readPrompt(context, words, file)

/** What is said of where the task works, where no flag named it; null where there is nothing to say. */
type Submission = { readonly body: SubmitBody; readonly place: string | null }

/** Without --repo it is the work tree that this is called in; outside of one the agent gets an empty folder. */
const placeOf = async (
  context: Context,
  settings: Record<string, unknown>,
  options: Readonly<Record<string, unknown>>,
): Promise<string | null> => {
  if (settings['repo'] !== undefined || options['repo'] === false) return null
  const top = await workTreeHere(context)
  if (top !== undefined) {
    settings['repo'] = top
    return `berth: the repository is ${terminalLine(top)} (use --repo for another one, --no-repo for none)`
  }
  return `berth: warning: ${terminalLine(context.cwd)} is not a git work tree, and there is no --repo: the agent works in an empty folder, and Berth pushes nothing (--no-repo asks for that)`
}

/** What `run` and `start` send: the flags as they were written, the prompt, and the caller context. */
export const submission = async (
  context: Context,
  words: readonly string[],
  options: Readonly<Record<string, unknown>>,
): Promise<Submission> => {
  const settings = givenSettings(options)
  const envFile = [options['envFile'], options['containerEnvFile']].flatMap(
    (files) => (files ?? []) as readonly string[],
  )
  if (envFile.length > 0)
    settings['env'] = envEntries(context, { env: settings['env'] as readonly string[] | undefined, envFile })
  const place = await placeOf(context, settings, options)
  const { rest, dashed } = context.split
  const before = dashed === null ? words : [...words, dashed]
  const [prompt, args] = before.length === 0 && rest !== null ? [rest.slice(0, 1), rest.slice(1)] : [before, rest ?? []]
  if (args.length > 0) settings['args'] = args
  const body = await submitBody(context, {
    settings,
    prompt: await promptOf(context, prompt, settings, options['promptFile'] as string | undefined),
    profile: options['profile'] as string | undefined,
    files: options['file'] as readonly string[] | undefined,
  })
  if (options['loginFromHost'] !== true) return { body, place }
  warnOfHostLogin(context)
  return { body: { ...body, loginFromHost: true }, place }
}
