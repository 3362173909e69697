import { act, type Register } from '../command.ts'

export const shell: Register = (program, context) => {
  program
    .command('shell <id>')
    .usage('[options] <id> [-- COMMAND...]')
    .summary('open a shell beside the agent, in its sandbox')
    .description(
      "Opens a shell, or runs a command, in the sandbox of a running task: as the agent's user, with its variables, in its folder. If stdin and stdout are a terminal, the program gets one too. It ends with this command. The exit code is the program's (128 plus the signal's number if a signal ended it). `berth exec` does the same by way of the engine.",
    )
    .option('--json', 'print errors as JSON')
    .addHelpText('after', '\nExamples:\n  berth shell t-01k3\n  berth shell t-01k3 -- git log --oneline')
    .action((id: string, options: { json?: boolean }) =>
      act(context, options.json ?? false, async () => (await import('../actions/shell.ts')).shellAction(context, id)),
    )
}
