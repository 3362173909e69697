import type { PruneOptions } from '../actions/prune.ts'
import { collect } from '../collect.ts'
import { act, type Register } from '../command.ts'
import { addSessionFlags } from '../session-flags.ts'

export const prune: Register = (program, context) => {
  const command = program
    .command('prune')
    .summary('free the space of finished tasks')
    .description(
      'Removes stopped containers of finished tasks, archives finished tasks whose work is pushed, and removes old logs and repository mirrors that no task uses. Without a label it also removes the pre-started sandboxes that wait for further tasks. With --older-than or --max-disk it also removes archived tasks, the oldest first. Work that is not pushed or not committed stays, unless you give --force. The command removes no volume and no network of an engine.',
    )
    .option('--dry-run', 'show what would be removed, without removing it')
    .option(
      '--older-than <duration>',
      'prune only tasks that ended longer ago than this, e.g. 7d, and archived ones too',
    )
    .option(
      '--max-disk <size>',
      'prune the oldest tasks first, until the state folder takes no more than this, e.g. 20g',
    )
    .option(
      '--state <states>',
      'prune tasks in these states, separated by commas (default: done; with --max-disk: all that are over)',
    )
    .option(
      '-l, --label <name=value>',
      'prune only tasks with this label, and no logs or mirrors (repeatable)',
      collect,
    )
  addSessionFlags(command, 'prune only')
    .option('-f, --force', 'remove work that exists nowhere else, too')
    .option('--json', 'print {"pruned":[...],"kept":[...],"bytes":...,"sandboxes":...}')
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
