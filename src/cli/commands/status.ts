import type { StatusOptions } from '../actions/status.ts'
import { act, type Register } from '../command.ts'
import { addSelector } from '../select.ts'

export const status: Register = (program, context) => {
  addSelector(program.command('status [id...]'), 'tasks')
    .alias('inspect')
    .summary('show everything that is known of a task')
    .description(
      'Shows state, reason, agent, engine, container, commits, usage and times of tasks. Without an id it is the last task.',
    )
    .option('--wait', 'wait until they are over first, and exit with their outcome')
    .option('--wait-any', 'wait until one of them is over first')
    .option('--timeout <duration>', 'with --wait: give up after this long (exit code 8), e.g. 30s')
    .option('--json', 'one JSON object a task')
    .option('--timing', 'where the time of its last turn went; with --json OpenTelemetry-shaped spans')
    .option(
      '-v, --verbose',
      'with the settings as the engine reports them, what the container uses now, and what the engine told of it (with --json: `report`)',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  berth status t-01k3\n  berth status --wait t-01k3\n  berth status --label batch=7\n  berth status t-01k3 --json | jq -r .state\n  berth status t-01k3 --timing',
    )
    .action((ids: string[], options: StatusOptions) =>
      act(context, options.json ?? false, async () =>
        (await import('../actions/status.ts')).statusAction(context, ids, options),
      ),
    )
}
