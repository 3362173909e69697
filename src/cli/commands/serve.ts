import { act, type Register } from '../command.ts'

export const serve: Register = (program, context) => {
  program
    .command('serve')
    .summary('run the supervisor in the foreground')
    .description(
      'Runs the supervisor, which owns the tasks, in the foreground and without an idle end; its log goes to stderr. ' +
        'Every command starts one by itself when it needs it: this is for a service (systemd) and for watching it. ' +
        'Ctrl-C ends it; agents at work go on, and the next supervisor takes them over.',
    )
    .addHelpText('after', '\nExamples:\n  berth serve\n  systemd-run --user --unit berth berth serve')
    .action(() => act(context, false, async () => (await import('../actions/serve.ts')).serveAction(context)))
}
