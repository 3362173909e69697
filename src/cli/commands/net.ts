import type { Command } from 'commander'
import { act, type Register } from '../command.ts'

export const net: Register = (program, context) => {
  const group = program
    .command('net [id]')
    .summary('show what a task asked of its network, and what it may reach')
    .description(
      'Prints the connections and requests of a task: its model, what its rules allowed, and what they denied. Of a tunnel, Berth knows the host alone; of an inspected host also methods and paths. Each entry is printed when the request is over. An agent may ask more often than is recorded one by one: later requests are counted together. Without an id, Berth takes the last task.',
    )
    .option('-f, --follow', 'print new entries as they come, until the task is over')
    .option('--denied', 'print only what was denied')
    .option('--json', 'print one entry a line: {"at":...,"host":...,"verdict":"denied",...}')
    .addHelpText(
      'after',
      '\nExamples:\n  berth net rules t-01k3\n  berth net -f t-01k3\n  berth net t-01k3 --denied\n  berth net t-01k3 --json | jq -r "select(.verdict==\\"denied\\").host" | sort -u',
    )
    .action((id: string | undefined, options: { follow?: boolean; denied?: boolean; json?: boolean }) =>
      act(context, options.json ?? false, async () =>
        (await import('../actions/net-audit.ts')).auditAction(context, id, options),
      ),
    )
  group
    .command('rules [id]')
    .summary('list the rules of a task, each with its origin')
    .description(
      'Lists what a task may reach: each rule with its hosts, how it was written, and its origin (provider, flag, configuration, preset, project or live). `tunnel`: Berth passes TLS on unread. `inspect`: Berth reads each request. A rule that denies wins over all that allow. Without an id, Berth takes the last task.',
    )
    .option('--json', 'print {"id":...,"network":"none","rules":[...]}')
    .addHelpText(
      'after',
      '\nExamples:\n  berth net rules t-01k3\n  berth net rules t-01k3 --json | jq -r ".rules[].host"',
    )
    .action((id: string | undefined, _own: object, command: Command) => {
      // `net` has a --json too, and takes the one that stands here.
      const options = command.optsWithGlobals<{ json?: boolean }>()
      return act(context, options.json ?? false, async () =>
        (await import('../actions/net.ts')).netRulesAction(context, id, options),
      )
    })
}
