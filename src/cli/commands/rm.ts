import { act, type Register } from '../command.ts'

export const rm: Register = (program, context) => {
  program
    .command('rm <id...>')
    .summary('delete tasks with everything they kept')
    .description('Deletes tasks that are over: record, log, workspace and kept work. What was pushed stays pushed.')
    .option('-f, --force', 'also a task that runs: it is killed first')
    .option('--json', 'print the ids as JSON')
    .addHelpText('after', '\nExamples:\n  berth rm t-01k3\n  berth ls -aq --state done | xargs berth rm')
    .action((ids: string[], options: { force?: boolean; json?: boolean }) =>
      act(context, options.json ?? false, async () =>
        (await import('../actions/rm.ts')).rmAction(context, ids, options),
      ),
    )
}
