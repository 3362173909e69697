import type { LsOptions } from '../actions/ls.ts'
import { act, type Register } from '../command.ts'

const collect = (value: string, all: string[] = []) => [...all, value]

export const ls: Register = (program, context) => {
  program
    .command('ls')
    .aliases(['ps', 'list'])
    .summary('list tasks')
    .description(
      'Lists the tasks that are not over; with --all every task. Newest first. CHANGED is lines against the base, WORK where the work is: pushed, kept by Berth, or none. A narrow terminal gets fewer columns.',
    )
    .option('-a, --all', 'also tasks that are over, and archived ones')
    .option('--archived', 'only tasks that are archived')
    .option('--state <states>', 'only these states, with commas')
    .option('-l, --label <name=value>', 'only tasks with this label (repeatable)', collect)
    .option('--agent <agent>', 'only tasks of this agent')
    .option('-n, --limit <count>', 'at most so many')
    .option('-q, --quiet', 'ids alone')
    .option('-w, --watch', 'go on as tasks change, until Ctrl-C; in a pipe a row for each task that has changed')
    .option('--json', '{"tasks":[...]}')
    .addHelpText(
      'after',
      '\nExamples:\n  berth ls\n  berth ls -a --state failed,died\n  berth ls --watch --label batch=7\n  berth ls -a --json | jq -r ".tasks[].id"',
    )
    .action((options: LsOptions) =>
      act(context, options.json ?? false, async () => (await import('../actions/ls.ts')).lsAction(context, options)),
    )
}
