import type { TaskRequest } from '../domain/request.ts'
import type { TerminalSize } from '../domain/worker-protocol.ts'
import type { Command, CommandInput, Provider } from '../providers/provider.ts'
import type { Continuation, Facts } from './facts.ts'
import { GIT_FILE, gitSsh, planGitFiles } from './git-files.ts'
import type { Paths } from './paths.ts'
import type { Plan } from './plan.ts'
import type { planFiles } from './plan-files.ts'

/** Until somebody looks at the terminal. */
const SIZE: TerminalSize = { columns: 80, rows: 24 }
const TERM = 'xterm-256color'

type Input = {
  readonly request: TaskRequest
  readonly facts: Facts
  readonly provider: Provider
  readonly next: Continuation
  readonly paths: Paths
}

/** A command, and for an agent on a terminal what that is like. */
export type AgentCommand = Command & Pick<NonNullable<Plan['order']['run']>, 'terminal'>

const gitOf = (request: TaskRequest, facts: Facts, paths: Paths): CommandInput['git'] => ({
  name: facts.identity.name,
  email: facts.identity.email,
  ...(request.author === undefined ? {} : { author: request.author }),
  sandbox:
    planGitFiles(request, facts, paths).length === 0
      ? null
      : { include: `${paths.home}/${GIT_FILE}`, ssh: gitSsh(paths) },
  trusted: [paths.work, ...(paths.mirror === null ? [] : [paths.mirror])],
})

const cliPaths = (paths: Paths): CommandInput['paths'] => ({
  work: paths.start,
  home: paths.home,
  bin: paths.bin,
  prompt: paths.prompt,
})

const commandInput = (
  { request, facts, next, paths }: Input,
  { upstream, placeholder, intercept }: NonNullable<Plan['model']>,
  files: ReturnType<typeof planFiles>,
): CommandInput => {
  const path = new URL(upstream).pathname.replace(/\/$/, '')
  return {
    model: request.model ?? null,
    resume: next.resume,
    args: request.providerArgs,
    options: request.providerOptions,
    baseUrl: `http://127.0.0.1:${paths.port}${path}`,
    addressGiven: request.baseUrl !== undefined,
    placeholder,
    paths: cliPaths(paths),
    attachments: files.map(({ path, media }) => ({ path, media })),
    git: gitOf(request, facts, paths),
    permissive: facts.host === null || request.hostPermissive,
    ...(facts.login === undefined ? {} : { login: facts.login.service }),
    ...(request.loginInside && facts.login !== undefined ? { inside: true as const } : {}),
    ...(intercept === undefined ? {} : { ownAddress: { account: facts.login?.account ?? null } }),
  }
}

/** What prints the session of a CLI on a terminal, where its files are no text. */
export const printCommand = ({
  request,
  provider,
  paths,
}: Pick<Input, 'request' | 'provider' | 'paths'>): NonNullable<Plan['order']['session']>['print'] => {
  const print = request.mode === 'interactive' ? provider.transcript?.print : undefined
  return print && { argv: print.argv(cliPaths(paths)), path: print.path }
}

const hasPrompt = ({ request, next }: Pick<Input, 'request' | 'next'>, files: ReturnType<typeof planFiles>): boolean =>
  request.prompt.trim() !== '' || files.length > 0 || next.unheard === true

/** Of a prompt that the CLI does not take on a terminal. */
export const promptWarnings = (
  input: Pick<Input, 'request' | 'next' | 'provider'>,
  { terminal }: AgentCommand,
  files: ReturnType<typeof planFiles>,
): readonly string[] =>
  terminal === undefined || terminal.promptAt !== undefined || !hasPrompt(input, files) || input.provider.hidden
    ? []
    : [`${input.provider.title} takes no prompt on a terminal when its session goes on: type it there`]

/** The command line of the agent's CLI for a turn: without a person, or on a terminal. */
export const agentCommand = (
  input: Input,
  model: NonNullable<Plan['model']>,
  files: ReturnType<typeof planFiles>,
): AgentCommand => {
  const { request, provider } = input
  const given = commandInput(input, model, files)
  if (request.mode !== 'interactive') return provider.command(given)
  if (provider.interactive === undefined) throw new Error(`${provider.id} has no terminal`)
  const prompt = hasPrompt(input, files)
  const { promptAt, env, ...command } = provider.interactive({ ...given, prompt })
  return {
    ...command,
    env: { TERM, COLORTERM: 'truecolor', ...env },
    stdin: null,
    end: null,
    terminal: { ...SIZE, term: TERM, ...(promptAt === null ? {} : { promptAt }) },
  }
}
