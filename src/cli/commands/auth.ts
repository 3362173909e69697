import { type Command, Option } from 'commander'
import type { AuthOptions } from '../actions/auth.ts'
import type { AuthLoginOptions } from '../actions/auth-login.ts'
import type { LogoutOptions, UseOptions } from '../actions/auth-logins.ts'
import { act, type Register } from '../command.ts'
import type { Context } from '../context.ts'

const addLogin = (group: Command, context: Context): void => {
  group
    .command('login <agent>')
    .summary("log in to a subscription, with the agent's own login")
    .description(
      "Runs the agent's own login in a container, on this terminal, and stores the login for tasks of this agent. Nothing of your own agent's files is used or changed. A login of the same name is replaced only if the new one worked. With --with-token, Berth reads a token from stdin instead: for Claude, the one that `claude setup-token` prints.",
    )
    .option('--name <login>', 'the name of the login (default: default)')
    .option('--service <service>', 'of an agent with several services: the one to log in to, e.g. copilot')
    .addOption(
      new Option('--browser', 'log in with the browser of this machine instead of a code').conflicts('withToken'),
    )
    .option('--with-token', 'store a token that stdin has')
    .addOption(
      new Option('--login-from-host', 'copy the login of your own CLI, which loses its own by that').conflicts([
        'withToken',
        'browser',
      ]),
    )
    .option('--profile <name>', 'use this profile of the config file')
    .option('--json', 'print {"login":{...}}')
    .addHelpText(
      'after',
      '\nExamples:\n  berth auth login codex\n  berth auth login claude --name work\n  berth auth login opencode --service copilot\n  berth auth login claude --with-token < FILE',
    )
    .action(
      (agent: string, options: AuthLoginOptions & { readonly withToken?: boolean; readonly loginFromHost?: boolean }) =>
        act(context, options.json ?? false, async () =>
          options.loginFromHost === true
            ? (await import('../actions/copy-login.ts')).copyLoginAction(context, agent, options)
            : options.withToken === true
              ? (await import('../actions/auth-token.ts')).authTokenAction(context, agent, options)
              : (await import('../actions/auth-login.ts')).authLoginAction(context, agent, options),
        ),
    )
}

const addStatus = (group: Command, context: Context): void => {
  group
    .command('status [agent...]')
    .summary('show the keys and logins of each agent, and whether they work')
    .description(
      'Shows where each key comes from and whether it is set, and the logins: their kind, their account, when they expire, when they were last used; never a key or a token. A * marks the login that tasks without a key use. With --check, Berth asks the server of the model. The exit code is 6 if a named agent has neither a key nor a login, or the server refuses one.',
    )
    .option('--check', "try each key and login: ask the model's server")
    .option('--profile <name>', 'use this profile of the config file')
    .option('--json', 'print {"credentials":[...],"logins":[...]}')
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

const addUse = (group: Command, context: Context): void => {
  group
    .command('use <agent> <login>')
    .summary('choose the login that tasks of an agent use')
    .description(
      'Tasks of this agent that find no key and name no --login use this one from now on. Tasks that exist keep theirs.',
    )
    .option('--json', 'print {"agent":...,"name":...}')
    .addHelpText('after', '\nExamples:\n  berth auth use codex work')
    .action((agent: string, name: string, options: UseOptions) =>
      act(context, options.json ?? false, async () =>
        (await import('../actions/auth-logins.ts')).useAction(context, agent, name, options),
      ),
    )
}

const addLogout = (group: Command, context: Context): void => {
  group
    .command('logout <agent>')
    .summary('remove a login from this machine')
    .description(
      "Removes the login's tokens from the state folder. Berth does not end the session at the issuer: do that in your account there. Refuses a login that running tasks use.",
    )
    .option('--name <login>', 'the name of the login (default: default)')
    .option('--force', 'remove it even if running tasks use it')
    .option('--json', 'print {"agent":...,"name":...}')
    .addHelpText('after', '\nExamples:\n  berth auth logout codex --name work')
    .action((agent: string, options: LogoutOptions) =>
      act(context, options.json ?? false, async () =>
        (await import('../actions/auth-logins.ts')).logoutAction(context, agent, options),
      ),
    )
}

export const auth: Register = (program, context) => {
  const group = program
    .command('auth')
    .summary('log in with subscriptions; show logins and keys')
    .description(
      'A key comes from a variable of this shell, or from the file or command that `credential` names in the config file. A login is a subscription, which Berth keeps in its state folder and refreshes; no task gets its token.',
    )
    .addHelpText('after', '\nExamples:\n  berth auth status\n  berth auth login claude --with-token < FILE')
  for (const add of [addLogin, addStatus, addUse, addLogout]) add(group, context)
}
