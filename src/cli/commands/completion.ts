import { Option } from 'commander'
import { act, type Register } from '../command.ts'

export const completion: Register = (program, context) => {
  program
    .command('completion [shell]')
    .summary('print the completion script for bash, zsh or fish')
    .description(
      'Completes commands, options, their values, and the ids and turns of the tasks that are there. The script goes into the shell where it starts.',
    )
    .addOption(new Option('--words', 'what could stand for the last of the words after --').hideHelp())
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
