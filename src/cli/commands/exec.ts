import { Option } from 'commander'
import type { ExecOptions } from '../actions/exec.ts'
import { act, type Register } from '../command.ts'

export const exec: Register = (program, context) => {
  program
    .command('exec <id>')
    .usage('[options] <id> [--] COMMAND...')
    .summary('run a command in the container of a running task')
    .description(
      "Runs a command beside the agent: in its container, as its user, in its folder. stdin, stdout, stderr and the exit code are those of the command (128 plus the signal's number if a signal ended it). If stdin and stdout are a terminal, the command gets one too.",
    )
    .option('--no-tty', 'give the command no terminal, even if this shell has one')
    .option('--no-stdin', 'give the command an empty stdin')
    .option('-d, --detach', 'start the command, and wait neither for its output nor for its end')
    .option('--json', 'print errors as JSON')
    // Both are so anyway: what people type who come from `docker exec`.
    .addOption(new Option('-i, --interactive').hideHelp())
    .addOption(new Option('-t, --terminal').hideHelp())
    .addHelpText(
      'after',
      '\nExamples:\n  berth exec t-01k3 git status\n  berth exec t-01k3 -- bash\n  berth exec -d t-01k3 -- npm run dev',
    )
    .action((id: string, options: ExecOptions & { json?: boolean }) =>
      act(context, options.json ?? false, async () =>
        (await import('../actions/exec.ts')).execAction(context, id, options),
      ),
    )
}
