import type { InteractiveCommand } from './provider.ts'

/**
 * A command line with the words that bring the prompt behind it. The worker adds the prompt's text to the last of them,
 * so that the plan holds none of it.
 */
export const withPrompt = (
  argv: readonly [string, ...string[]],
  { prompt }: { readonly prompt: boolean },
  words: readonly string[],
): Pick<InteractiveCommand, 'argv' | 'promptAt'> =>
  prompt ? { argv: [...argv, ...words], promptAt: argv.length + words.length - 1 } : { argv, promptAt: null }
