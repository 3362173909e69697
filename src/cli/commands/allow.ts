import { act, type Register } from '../command.ts'

const GRAMMAR =
  'A target is a group like npm, or HOST[:PORT]; further words limit it, so quote it then: "api.example.org GET /repos/*". docs/network.md has the grammar.'

export const allow: Register = (program, context) => {
  program
    .command('allow <id> <target...>')
    .summary('let a task reach more, while it runs')
    .description(
      `Lets a sandboxed task reach a target, at once and in its further turns. The agent is not restarted: its next try passes. ${GRAMMAR} What --deny, the configuration or the repository denied stays denied.`,
    )
    .option('--json', 'print the task as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  berth allow t-01k3 npm\n  berth allow t-01k3 example.org:8443 "*.example.org"\n  berth allow t-01k3 "registry.corp:8443 private"',
    )
    .action((id: string, targets: string[], options: { json?: boolean }) =>
      act(context, options.json ?? false, async () =>
        (await import('../actions/allow.ts')).setRulesAction(context, { id, targets, effect: 'allow' }, options),
      ),
    )
}

export const deny: Register = (program, context) => {
  program
    .command('deny <id> <target...>')
    .summary('take away what a task may reach, while it runs')
    .description(
      `Denies a sandboxed task a target, at once and in its further turns, whatever allowed it. Connections that are open there end. ${GRAMMAR} \`berth allow\` takes it back.`,
    )
    .option('--json', 'print the task as JSON')
    .addHelpText('after', '\nExamples:\n  berth deny t-01k3 npm\n  berth deny t-01k3 "example.org POST"')
    .action((id: string, targets: string[], options: { json?: boolean }) =>
      act(context, options.json ?? false, async () =>
        (await import('../actions/allow.ts')).setRulesAction(context, { id, targets, effect: 'deny' }, options),
      ),
    )
}
