import type { AuthOptions } from '../actions/auth.ts'
import { act, type Register } from '../command.ts'

export const auth: Register = (program, context) => {
  const group = program
    .command('auth')
    .summary("show where the agents' keys come from, and whether they work")
    .description(
      'A key comes from a variable of this shell, or from the file or command that `credential` names in the config file.',
    )
    .addHelpText('after', '\nExamples:\n  berth auth status\n  berth auth status codex --check')
  group
    .command('status [agent...]')
    .summary('show the key of each agent: its kind, where it comes from, whether it is set')
    .description(
      'Shows where each key comes from and whether it is set; never the key itself. With --check, Berth asks the server of the model. The exit code is 6 if a named agent has no key, or the server refuses a key.',
    )
    .option('--check', "try each key: ask the model's server for its list of models")
    .option('--profile <name>', 'use this profile of the config file')
    .option('--json', 'print {"credentials":[...]}')
    .addHelpText(
      'after',
      '\nExamples:\n  berth auth status\n  berth auth status codex claude --check\n  berth auth status --json | jq -r ".credentials[] | select(.found) | .agent"',
    )
    .action((agents: string[], options: AuthOptions) =>
      act(context, options.json ?? false, async () =>
        (await import('../actions/auth.ts')).authStatusAction(context, agents, options),
      ),
    )
}
