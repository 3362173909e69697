import { Option } from 'commander'
import type { AttachOptions } from '../actions/attach.ts'
import { act, type Register } from '../command.ts'

const EXAMPLES = `
Examples:
  berth attach t-01k3
  berth attach --read-only t-01k3
  berth attach --take --detach-keys ctrl-a,d t-01k3`

export const attach: Register = (program, context) => {
  program
    .command('attach [id]')
    .summary("show the agent's terminal of an interactive task, and type into it")
    .description(
      "Shows the screen of the agent of an interactive task (`berth run -it`, --mode interactive) as it is, and passes every key on, Ctrl-C too. The detach keys, ctrl-p ctrl-q by default, leave it; the agent keeps running, and exit code 9 says so. When the agent ends, the command prints what came of the turn, and ends with its outcome's exit code. Several people can look on; one of them writes. If the task has not begun, the command waits for its terminal. Without an id it takes the last task.",
    )
    .option('--read-only', 'only look on')
    .addOption(
      new Option('--take', 'write, even if somebody else does: that one goes on as a reader').conflicts('readOnly'),
    )
    .option('--detach-keys <keys>', 'leave with these keys, e.g. ctrl-a,d (default: the setting detach-keys)')
    .option('--json', 'print errors as JSON')
    .addHelpText('after', EXAMPLES)
    .action((id: string | undefined, options: AttachOptions & { json?: boolean }) =>
      act(context, options.json ?? false, async () =>
        (await import('../actions/attach.ts')).attachAction(context, id, options),
      ),
    )
}
