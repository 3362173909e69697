import type { StatusOptions } from '../actions/status.ts'
import { act, type Register } from '../command.ts'
import { addSelector } from '../select.ts'

export const status: Register = (program, context) => {
  addSelector(program.command('status [id...]').optionsGroup('Which tasks:'), 'tasks')
    .alias('inspect')
    .summary('show everything that Berth knows about a task')
    .description(
      'Shows state, reason, agent, engine, container, commits, usage and times of tasks. Without an id, Berth takes the last task.',
    )
    .optionsGroup('When:')
    .option('--wait', 'first wait until the tasks are over; exit with their outcome')
    .option('--wait-any', 'first wait until one of the tasks is over')
    .option('--timeout <duration>', 'with --wait: give up after this long (exit code 8), e.g. 30s')
    .optionsGroup('Output:')
    .option('--json', 'print one JSON object for each task')
    .option('--timing', 'show where the time of the last turn went; with --json, as OpenTelemetry-shaped spans')
    .option(
      '-v, --verbose',
      'show also the settings that the engine reports, the resources that the container uses now, and its engine events (with --json: `report`)',
    )
    .helpOption(true)
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
