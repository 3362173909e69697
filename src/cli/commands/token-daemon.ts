import { act, type Register } from '../command.ts'

export const tokenDaemon: Register = (program, context) => {
  program
    .command('token-daemon <id>')
    .summary('keep the token of a task fresh, without the supervisor')
    .description(
      'Keeps the token of a task with --git-credentials inside fresh, in the foreground. Berth starts such a process for each turn by itself; this command is for a service that outlives your session. It needs no supervisor, logs to stderr, and ends when the task is gone. SIGTERM and Ctrl-C remove the token and end it with exit code 0. A task has one such process: a second one is refused.',
    )
    .option('--unit', "print a unit for your user's systemd, and start nothing")
    .addHelpText(
      'after',
      '\nExamples:\n  berth token-daemon t-01k3\n  berth token-daemon --unit t-01k3 > ~/.config/systemd/user/berth-token.service\n  systemctl --user enable --now berth-token',
    )
    .action((id: string, options: { unit?: boolean }) =>
      act(context, false, async () =>
        (await import('../actions/token-daemon.ts')).tokenDaemonAction(context, id, options),
      ),
    )
}
