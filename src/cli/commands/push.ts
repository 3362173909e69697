import { act, type Register } from '../command.ts'
import { addSelector, type Selector } from '../select.ts'

export const push: Register = (program, context) => {
  addSelector(program.command('push [id...]'), 'tasks with work that is not pushed')
    .summary('push the work of a task, again or for the first time')
    .description(
      'Pushes the kept commits of a task to its branch. Use this command after a failed push, or for a task that failed, died or was stopped.',
    )
    .option('--to <branch>', 'push to this branch, fast-forward only')
    .option('--json', 'print the tasks as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  berth push t-01k3\n  berth push --label batch=7\n  berth push t-01k3 --to feature/x',
    )
    .action((ids: string[], options: Selector & { to?: string; json?: boolean }) =>
      act(context, options.json ?? false, async () =>
        (await import('../actions/push.ts')).pushAction(context, ids, options),
      ),
    )
}
