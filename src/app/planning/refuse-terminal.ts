import { BerthError } from '../../domain/errors.ts'
import type { TaskRequest } from '../../domain/request.ts'
import type { Provider } from '../../providers/provider.ts'
import type { Deps } from '../deps.ts'

/** The kernel takes no longer argument than 128 KiB, and the CLI gets the prompt as one. */
const PROMPT_BYTES = 100_000

/** Throws for a prompt that is too long for an agent on a terminal. */
const refuseLongPrompt = (prompt: string): void => {
  const bytes = Buffer.byteLength(prompt)
  if (bytes > PROMPT_BYTES)
    throw new BerthError(
      'bad-request',
      `the prompt has ${bytes} bytes: a CLI on a terminal gets it as an argument, which takes ${PROMPT_BYTES}`,
      { hint: 'Put the long text into a file of the repository, and name the file in the prompt.' },
    )
}

/** Throws for a prompt that no turn of the mode can have. At a terminal a person can say the rest. */
export const refusePrompt = (prompt: string, mode: TaskRequest['mode'] | undefined): void => {
  if (mode === 'interactive') refuseLongPrompt(prompt)
  else if (prompt.trim() === '') throw new BerthError('empty-prompt', 'the prompt is empty')
}

/** Throws for a task whose agent cannot run on a terminal. */
export const refuseTerminal = (
  { config }: Pick<Deps, 'config'>,
  { id, title, interactive }: Provider,
  { isolation, prompt }: Pick<TaskRequest, 'isolation' | 'prompt'>,
): void => {
  if (interactive === undefined) {
    const able = [...config.providers.values()].filter((one) => one.interactive !== undefined && one.hidden !== true)
    throw new BerthError('bad-request', `--mode interactive: Berth cannot run ${title} on a terminal`, {
      hint: `Leave --mode out, or use one of these agents: ${able.map((one) => one.id).join(', ')}.`,
    })
  }
  if (isolation === 'host')
    throw new BerthError(
      'bad-request',
      '--mode interactive: the terminal is in a container, and --isolation host has none',
      { hint: `Leave --isolation out, or run ${id} yourself in a terminal of this machine.` },
    )
  refuseLongPrompt(prompt)
}
