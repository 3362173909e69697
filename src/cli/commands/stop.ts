import { act, type Register } from '../command.ts'

export const stop: Register = (program, context) => {
  program
    .command('stop <id...>')
    .summary('stop tasks gracefully')
    .description(
      'Interrupts the agent in its own way, then ends what is left; its work so far is kept. A task that is over stays as it is.',
    )
    .option('--now', 'kill at once')
    .option('--json', 'print the tasks as JSON')
    .addHelpText('after', '\nExamples:\n  berth stop t-01k3\n  berth stop --now t-01k3 t-01k4')
    .action((ids: string[], options: { now?: boolean; json?: boolean }) =>
      act(context, options.json ?? false, async () =>
        (await import('../actions/stop.ts')).stopAction(context, ids, options),
      ),
    )
}
