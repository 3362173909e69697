import { act, type Register } from '../command.ts'

export const serve: Register = (program, context) => {
  program
    .command('serve')
    .summary('run the supervisor in the foreground')
    .description(
      'Runs the supervisor, the process that owns the tasks, in the foreground. It does not end when idle, and logs to stderr. ' +
        'Every command starts a supervisor when it needs one; this command is for a service (systemd) or for watching the log. ' +
        'Ctrl-C ends the supervisor. Agents keep running, and the next supervisor takes them over.',
    )
    .addHelpText('after', '\nExamples:\n  berth serve\n  systemd-run --user --unit berth berth serve')
    .action(() => act(context, false, async () => (await import('../actions/serve.ts')).serveAction(context)))
}
