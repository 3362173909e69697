import type { LsOptions } from '../actions/ls.ts'
import { collect } from '../collect.ts'
import { act, type Register } from '../command.ts'
import { addSessionFlags } from '../session-flags.ts'

export const ls: Register = (program, context) => {
  const command = program
    .command('ls')
    .aliases(['ps', 'list'])
    .summary('list tasks')
    .description(
      'Lists the tasks that are not over, newest first; with --all, every task. CHANGED counts the lines changed since the base. WORK is pushed, kept (only Berth has it), or none. A narrow terminal gets fewer columns.',
    )
    .optionsGroup('Which states:')
    .option('-a, --all', 'list tasks that are over and archived tasks, too')
    .option('--archived', 'list only archived tasks')
    .option('--state <states>', 'list only tasks in these states, separated by commas')
    .optionsGroup('Which tasks:')
    .option('-l, --label <name=value>', 'list only tasks with this label (repeatable)', collect)
  addSessionFlags(command, 'list only')
    .option('--agent <agent>', 'list only tasks of this agent')
    .option('-n, --limit <count>', 'list at most this many tasks')
    .optionsGroup('Output:')
    .option('-q, --quiet', 'print only ids')
    .option('-w, --watch', 'update the list as tasks change, until Ctrl-C; in a pipe, print a row for each change')
    .option('--json', 'print {"tasks":[...]}')
    .helpOption(true)
    .addHelpText(
      'after',
      '\nExamples:\n  berth ls\n  berth ls -a --state failed,died\n  berth ls --watch --label batch=7\n  berth ls -a --session plan\n  berth ls -a --json | jq -r ".tasks[].id"',
    )
    .action((options: LsOptions) =>
      act(context, options.json ?? false, async () => (await import('../actions/ls.ts')).lsAction(context, options)),
    )
}
