import { Option } from 'commander'
import { act, type Register } from '../command.ts'

type CompletionOptions = {
  readonly install?: boolean
  readonly shell?: string
  readonly words?: boolean
  readonly json?: boolean
}

export const completion: Register = (program, context) => {
  program
    .command('completion [shell]')
    .summary('print or install the completion script for bash, zsh or fish')
    .description(
      'Completes commands, options, their values, and the ids and turns of tasks. --install writes the script into your own folder of completions and says where. Or load it in the start-up file of your shell, as below.',
    )
    .option('--install', 'write the script to where the shell finds it')
    .option('--shell <name>', 'with --install: bash, zsh or fish (default: the one that $SHELL names)')
    .option('--json', 'with --install: print {"shell":...,"path":...,"changed":...}')
    .addOption(new Option('--words', 'print the completions for the last of the words after --').hideHelp())
    .addHelpText(
      'after',
      '\nExamples:\n  berth completion --install\n  eval "$(berth completion bash)"      # in ~/.bashrc\n  eval "$(berth completion zsh)"       # in ~/.zshrc, after compinit\n  berth completion fish | source       # in ~/.config/fish/config.fish',
    )
    .action((shell: string | undefined, options: CompletionOptions) =>
      act(context, options.json ?? false, async () => {
        if (options.install)
          return (await import('../actions/install-completion.ts')).installCompletionAction(
            context,
            options.shell ?? shell,
            options.json ?? false,
          )
        return (await import('../actions/completion.ts')).completionAction(
          context,
          program,
          options.shell ?? shell,
          options.words ?? false,
        )
      }),
    )
}
