import { act, type Register } from '../command.ts'

export const pr: Register = (program, context) => {
  program
    .command('pr <id>')
    .summary('open the pull request of a task, or update it')
    .description(
      'Opens a pull request for the work of a finished task, or updates the one that it has. Pushes the work first if the remote lacks it. Use this command for a task without --pr, and if opening the pull request failed.',
    )
    .option('--draft', 'open it as a draft; one that is open already stays as it is')
    .option('--json', 'print the pull request as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  berth pr t-01k3\n  berth pr t-01k3 --draft\n  berth pr t-01k3 --json | jq -r .url',
    )
    .action((id: string, options: { draft?: boolean; json?: boolean }) =>
      act(context, options.json ?? false, async () =>
        (await import('../actions/pr.ts')).prAction(context, id, options),
      ),
    )
}
