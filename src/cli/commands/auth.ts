import type { AuthOptions } from '../actions/auth.ts'
import type { AuthLoginOptions } from '../actions/auth-login.ts'
import { act, type Register } from '../command.ts'

export const auth: Register = (program, context) => {
  const group = program
    .command('auth')
    .summary('log in to subscriptions, and show where keys come from')
    .description(
      'A key comes from a variable of this shell, or from the file or command that `credential` names in the config file.',
    )
    .addHelpText('after', '\nExamples:\n  berth auth status\n  berth auth status codex --check')
  group
    .command('login <agent>')
    .summary("log in to a subscription, with the agent's own login")
    .description(
      "Runs the agent's own login in a container, on this terminal, and stores the login for tasks of this agent. Nothing of your own agent's files is used or changed. A login of the same name is replaced only if the new one worked.",
    )
    .option('--name <name>', 'the name of the login', 'default')
    .option('--service <service>', 'of an agent with several services: the one to log in to, e.g. copilot')
    .option('--browser', 'log in with the browser of this machine instead of a code')
    .option('--profile <name>', 'use this profile of the config file')
    .option('--json', 'print {"login":{...}}')
    .addHelpText(
      'after',
      '\nExamples:\n  berth auth login codex\n  berth auth login claude --name work\n  berth auth login opencode --service copilot',
    )
    .action((agent: string, options: AuthLoginOptions) =>
      act(context, options.json ?? false, async () =>
        (await import('../actions/auth-login.ts')).authLoginAction(context, agent, options),
      ),
    )
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
