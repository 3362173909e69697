import type { ResultOptions } from '../actions/result.ts'
import { act, type Register } from '../command.ts'

export const result: Register = (program, context) => {
  program
    .command('result [id]')
    .summary('print the result that --output-schema asked for')
    .description(
      'Prints the JSON that the agent gave for --output-schema, and nothing else. It fits the schema. Without an id, Berth takes the last task.',
    )
    .option('--turn <number>', 'print the result of this turn (default: the last one)')
    .option('--json', 'print errors as JSON')
    .addHelpText('after', '\nExamples:\n  berth result t-01k3 | jq -r .summary\n  berth result t-01k3 --turn 2')
    .action((id: string | undefined, options: ResultOptions & { json?: boolean }) =>
      act(context, options.json ?? false, async () =>
        (await import('../actions/result.ts')).resultAction(context, id, options),
      ),
    )
}
