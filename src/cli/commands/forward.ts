import { act, type Register } from '../command.ts'

export const forward: Register = (program, context) => {
  program
    .command('forward <id> <port...>')
    .usage('[options] <id> PORT[:HOSTPORT]...')
    .summary('reach servers in the sandbox of a running task')
    .description(
      'Makes a server in the sandbox reachable at 127.0.0.1 of this machine. PORT is the port in the sandbox. HOSTPORT is the port of this machine: the same one by default, 0 for a free one. Prints one local address for each PORT, and runs until Ctrl-C. When the task is over, the command ends with exit code 3.',
    )
    .option('--json', 'print addresses and errors as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  berth forward t-01k3 3000\n  berth forward t-01k3 3000:8080 5432:0\n  berth exec t-01k3 -- npm run dev & berth forward t-01k3 5173',
    )
    .action((id: string, ports: string[], options: { json?: boolean }) =>
      act(context, options.json ?? false, async () =>
        (await import('../actions/forward.ts')).forwardAction(context, id, ports, options),
      ),
    )
}
