import { Option } from 'commander'
import { act, type Register } from '../command.ts'

export const completion: Register = (program, context) => {
  program
    .command('completion [shell]')
    .summary('print the completion script for bash, zsh or fish')
    .description(
      'Completes commands, options, their values, and the ids and turns of tasks. Load the script in the start-up file of your shell, as below.',
    )
    .addOption(new Option('--words', 'print the completions for the last of the words after --').hideHelp())
    .addHelpText(
      'after',
      '\nExamples:\n  eval "$(berth completion bash)"      # in ~/.bashrc\n  eval "$(berth completion zsh)"       # in ~/.zshrc, after compinit\n  berth completion fish | source       # in ~/.config/fish/config.fish',
    )
    .action((shell: string | undefined, options: { words?: boolean }) =>
      act(context, false, async () =>
        (await import('../actions/completion.ts')).completionAction(context, program, shell, options.words ?? false),
      ),
    )
}
