import type { UninstallOptions } from '../actions/uninstall.ts'
import { act, type Register } from '../command.ts'

export const uninstall: Register = (program, context) => {
  program
    .command('uninstall')
    .summary('remove what Berth has made on this machine')
    .description(
      'Removes the tasks with their containers, the supervisor and the gateway, the images, the toolbox, the state folder, the sockets, and the completions that Berth has installed. A task with work that exists nowhere else stays, and the state folder with it, unless you give --force. Your settings stay. Images and toolboxes that a container uses stay. The command asks nothing; look first with --dry-run. Remove the program itself afterwards: `npm uninstall -g berth-agents`, or delete the checkout.',
    )
    .option('--dry-run', 'show what would be removed, without removing it')
    .option('-f, --force', 'stop running tasks, and remove work that exists nowhere else, too')
    .option('--json', 'print {"removed":[...],"kept":[...],"bytes":...}')
    .addHelpText(
      'after',
      '\nExamples:\n  berth uninstall --dry-run\n  berth uninstall && npm uninstall -g berth-agents',
    )
    .action((options: UninstallOptions) =>
      act(context, options.json ?? false, async () =>
        (await import('../actions/uninstall.ts')).uninstallAction(context, options),
      ),
    )
}
