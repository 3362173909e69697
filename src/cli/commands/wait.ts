import type { Register } from '../command.ts'
import { act } from '../command.ts'
import { addSelector, type Selector } from '../select.ts'

export const wait: Register = (program, context) => {
  addSelector(program.command('wait [id...]'), 'tasks that are not over', 'tasks, also tasks that are over')
    .summary('wait until tasks are over; exit with their outcome')
    .description(
      'Waits until all named tasks (with --any: one of them) are over. The exit code is the outcome of the first task that is not done.',
    )
    .option('--any', 'return when one of the tasks is over')
    .option('--timeout <duration>', 'give up after this long (exit code 8), e.g. 30s')
    .option('--json', 'print the tasks as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  berth wait t-01k3\n  berth wait --label batch=7\n  berth wait --any --timeout 10m t-01k3 t-01k4',
    )
    .action(async (ids: string[], options: Selector & { any?: boolean; timeout?: string; json?: boolean }) =>
      act(context, options.json ?? false, async () =>
        (await import('../actions/wait.ts')).waitAction(context, ids, options),
      ),
    )
}
