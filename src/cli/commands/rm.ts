import { act, type Register } from '../command.ts'
import { addSelector, type Selector } from '../select.ts'

export const rm: Register = (program, context) => {
  addSelector(program.command('rm [id...]'), 'tasks that are over')
    .summary('delete tasks with everything they kept')
    .description('Deletes tasks that are over: record, log, workspace and kept work. What was pushed stays pushed.')
    .option('-f, --force', 'also a task that runs: it is killed first')
    .option('--json', 'print the ids as JSON')
    .addHelpText('after', '\nExamples:\n  berth rm t-01k3\n  berth rm --state done,stopped')
    .action((ids: string[], options: Selector & { force?: boolean; json?: boolean }) =>
      act(context, options.json ?? false, async () =>
        (await import('../actions/rm.ts')).rmAction(context, ids, options),
      ),
    )
}
