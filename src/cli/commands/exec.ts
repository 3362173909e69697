import { Option } from 'commander'
import type { ExecOptions } from '../actions/exec.ts'
import { act, type Register } from '../command.ts'

export const exec: Register = (program, context) => {
  program
    .command('exec <id>')
    .usage('[options] <id> [--] COMMAND...')
    .summary('run a command in the container of a running task')
    .description(
      "Runs a command beside the agent: in its container, as its user, in its folder. stdin, stdout and stderr are the command's, and so is the exit code (128 and the signal's number where one ended it). With a terminal on both sides the command gets one too.",
    )
    .option('--no-tty', 'give the command no terminal, even if this is one')
    .option('--no-stdin', 'give the command an empty stdin, and read nothing here')
    .option('--json', 'print errors as JSON')
    // Both are so anyway: what people type who come from `docker exec`.
    .addOption(new Option('-i, --interactive').hideHelp())
    .addOption(new Option('-t, --terminal').hideHelp())
    .addHelpText('after', '\nExamples:\n  berth exec t-01k3 git status\n  berth exec t-01k3 -- bash')
    .action((id: string, options: ExecOptions & { json?: boolean }) =>
      act(context, options.json ?? false, async () =>
        (await import('../actions/exec.ts')).execAction(context, id, options),
      ),
    )
}
