import { act, type Register } from '../command.ts'

export const net: Register = (program, context) => {
  const group = program
    .command('net')
    .summary('show what a task may reach')
    .description(
      'A sandboxed task reaches its model, and what rules allow. The rules come from --allow and --deny, from the configuration, from presets, and from the repository, which may only deny.',
    )
    .addHelpText('after', '\nExamples:\n  berth net rules t-01k3\n  berth net rules t-01k3 --json')
  group
    .command('rules <id>')
    .summary('list the rules of a task, each with its origin')
    .description(
      'Lists what a task may reach: each rule with its hosts, how it was written, and its origin (provider, flag, configuration, preset, project or live). `tunnel`: Berth passes TLS on unread. `inspect`: Berth reads each request. A rule that denies wins over all that allow.',
    )
    .option('--json', 'print {"id":...,"network":"none","rules":[...]}')
    .addHelpText(
      'after',
      '\nExamples:\n  berth net rules t-01k3\n  berth net rules t-01k3 --json | jq -r ".rules[].host"',
    )
    .action((id: string, options: { json?: boolean }) =>
      act(context, options.json ?? false, async () =>
        (await import('../actions/net.ts')).netRulesAction(context, id, options),
      ),
    )
}
