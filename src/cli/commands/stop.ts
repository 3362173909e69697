import { act, type Register } from '../command.ts'
import { addSelector, type Selector } from '../select.ts'

export const stop: Register = (program, context) => {
  addSelector(program.command('stop [id...]'), 'tasks that are not over or have a warm container')
    .aliases(['cancel', 'kill'])
    .summary('stop tasks gracefully')
    .description(
      'Interrupts the agent as its CLI expects, then ends its remaining processes. Berth keeps the work so far. A task that is over stays as it is, but loses its warm container. With --all, it also removes the pre-started sandboxes that wait for further tasks. `berth kill` is `berth stop --now`.',
    )
    .option('--now', 'kill the agent at once')
    .option('--json', 'print the tasks as JSON')
    .addHelpText('after', '\nExamples:\n  berth stop t-01k3\n  berth stop --now t-01k3 t-01k4\n  berth stop --all')
    .action((ids: string[], options: Selector & { now?: boolean; json?: boolean }) =>
      act(context, options.json ?? false, async () =>
        (await import('../actions/stop.ts')).stopAction(context, ids, {
          ...options,
          now: options.now || program.args[0] === 'kill',
        }),
      ),
    )
}
