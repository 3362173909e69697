import { BerthError } from '../../domain/errors.ts'
import { act, type Register } from '../command.ts'

export const completion: Register = (program, context) => {
  program
    .command('completion <shell>')
    .summary('print the completion script for bash')
    .description(
      'Completes commands, options and the ids of tasks that are there. The script goes into the shell by eval.',
    )
    .addHelpText('after', '\nExamples:\n  eval "$(berth completion bash)"')
    .action((shell: string) =>
      act(context, false, async () => {
        if (shell !== 'bash') throw new BerthError('usage', `completion ${shell}: there is one for bash alone`)
        const { completionScript } = await import('../completion-script.ts')
        context.stdout.write(completionScript(program))
        return 0
      }),
    )
}
