import { act, type Register } from '../command.ts'
import { addSelector, type Selector } from '../select.ts'

export const rm: Register = (program, context) => {
  addSelector(program.command('rm [id...]'), 'tasks that are over')
    .alias('delete')
    .summary('delete tasks and everything that Berth keeps of them')
    .description(
      'Deletes tasks that are over: record, log, workspace and kept work. Pushed commits stay pushed. A task whose work exists nowhere else (unpushed commits, uncommitted changes, files without a repository) stays, unless you give --force.',
    )
    .option('-f, --force', 'delete work that exists nowhere else, too, and running tasks: Berth kills them first')
    .option('--json', 'print the ids as JSON')
    .addHelpText('after', '\nExamples:\n  berth rm t-01k3\n  berth rm --state done,stopped\n  berth rm --force t-01k3')
    .action((ids: string[], options: Selector & { force?: boolean; json?: boolean }) =>
      act(context, options.json ?? false, async () =>
        (await import('../actions/rm.ts')).rmAction(context, ids, options),
      ),
    )
}
