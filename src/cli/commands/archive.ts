import { act, type Register } from '../command.ts'
import { addSelector, type Selector } from '../select.ts'

export const archive: Register = (program, context) => {
  addSelector(program.command('archive [id...]'), 'tasks that are over')
    .summary('archive finished tasks: free their space, keep their work and log')
    .description(
      "Deletes the workspace and the agent's home of tasks that are over. Record, log, diff and kept commits stay; `berth ls -a` and `berth ls --archived` list them. For an archived task, the command changes nothing.",
    )
    .option('-f, --force', 'archive even if the workspace has work that exists nowhere else')
    .option('--json', 'print the tasks as JSON')
    .addHelpText('after', '\nExamples:\n  berth archive t-01k3\n  berth archive --state done')
    .action((ids: string[], options: Selector & { force?: boolean; json?: boolean }) =>
      act(context, options.json ?? false, async () =>
        (await import('../actions/archive.ts')).archiveAction(context, 'archive', ids, options),
      ),
    )
}

export const unarchive: Register = (program, context) => {
  addSelector(program.command('unarchive [id...]'), 'archived tasks')
    .summary('list archived tasks again')
    .description(
      'Lists the task again. The workspace is not restored: log, diff and push work, but a further prompt needs a new task from its branch.',
    )
    .option('--json', 'print the tasks as JSON')
    .addHelpText('after', '\nExamples:\n  berth unarchive t-01k3\n  berth unarchive --label batch=7')
    .action((ids: string[], options: Selector & { json?: boolean }) =>
      act(context, options.json ?? false, async () =>
        (await import('../actions/archive.ts')).archiveAction(context, 'unarchive', ids, options),
      ),
    )
}
