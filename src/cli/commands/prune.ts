import type { PruneOptions } from '../actions/prune.ts'
import { act, type Register } from '../command.ts'
import { collect } from '../select.ts'

export const prune: Register = (program, context) => {
  program
    .command('prune')
    .summary('free the space of finished tasks')
    .description(
      'Removes stopped containers of finished tasks, archives finished tasks whose work is pushed, removes old logs and repository mirrors that no task uses, and with --older-than or --max-disk archives, the oldest first. Work that is not pushed or not committed stays, unless --force is given. Volumes and networks of engines are not looked at: Berth makes none.',
    )
    .option('--dry-run', 'tell what would go, and touch nothing')
    .option('--older-than <duration>', 'only tasks that ended before that, e.g. 7d; archives too')
    .option('--max-disk <size>', 'only until the state folder takes no more than that, e.g. 20g: the oldest first')
    .option(
      '--state <states>',
      'tasks in these states, with commas; without it done, and with --max-disk all that are over',
    )
    .option('-l, --label <name=value>', 'only tasks with this label, and no logs or mirrors (repeatable)', collect)
    .option('-f, --force', 'also work that is nowhere else')
    .option('--json', '{"pruned":[...],"kept":[...],"bytes":...}')
    .addHelpText(
      'after',
      '\nExamples:\n  berth prune --dry-run\n  berth prune --older-than 7d --state done,stopped\n  berth prune --label batch=7\n  berth prune --max-disk 20g',
    )
    .action((options: PruneOptions) =>
      act(context, options.json ?? false, async () =>
        (await import('../actions/prune.ts')).pruneAction(context, options),
      ),
    )
}
