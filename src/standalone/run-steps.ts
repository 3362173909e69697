import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { gitRunner, type RunGit } from '../inside/git-runner.ts'
import { reviewPrompt } from '../plan/review-prompt.ts'
import type { Provider, Verdict } from '../providers/provider.ts'
import { errorMessage } from '../std/error-message.ts'
import { isProgram } from '../std/find-program.ts'
import { agentLines } from '../views/agent-lines.ts'
import { batchCommand, screenCommand, writeSettings } from './agent-command.ts'
import { defaultBranch, headOf } from './check-out.ts'
import { type Access, chooseAccess } from './choose-access.ts'
import { StepFailed } from './exit-codes.ts'
import type { ExitRecord, RunClass } from './exit-record.ts'
import { gitEnvironment } from './git-environment.ts'
import { findIdentity, type Identity, identityEnv } from './identity.ts'
import { makeFolder } from './place-repository.ts'
import { pushWork } from './push-work.ts'
import type { Inputs } from './read-inputs.ts'
import { runAgent } from './run-agent.ts'
import type { RunContext } from './run-context.ts'
import { runScreen } from './run-screen.ts'
import { workChanges } from './work-changes.ts'
import { fillWorkFolder } from './work-folder.ts'

export type Result = { readonly class: RunClass; readonly reason: string }

/** What becomes known on the way, for the outputs of a run that fails too. */
export type Report = {
  repository: ExitRecord['repository']
  prompt: string
  message: string
  changes: string
  pushed: ExitRecord['pushed']
}

type Input = {
  readonly context: RunContext
  readonly inputs: Inputs
  readonly provider: Provider
  readonly report: Report
  /** Tells a person and run.log. */
  readonly say: (text: string) => void
  /** Masks secrets in a line of the agent, and keeps it in run.log. */
  readonly keep: (line: string) => string
}

/** By these codes beside 0 a person quits a CLI at its screen. */
const QUIT_CODES = [130]

const isFull = (path: string): boolean => (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > 0

const requireCli = ({ provider, context }: Input): void => {
  const path = join(context.places.toolbox, 'bin', provider.binary ?? '')
  if (isProgram(path)) return
  throw new StepFailed('no-cli', `the image has no ${provider.title}: ${path} is missing`, 'Use an image that has it.')
}

const readPrompt = ({ prompt, mode }: Inputs): string => {
  if ('text' in prompt) return prompt.text
  let text: string
  try {
    text = readFileSync(prompt.file, 'utf8')
  } catch (error) {
    throw new StepFailed(
      'input',
      `PROMPT_FILE: ${errorMessage(error)}`,
      'Mount the file, and give its path inside.',
      error,
    )
  }
  if (text.trim() !== '' || mode !== 'exec') return text
  throw new StepFailed('input', `PROMPT_FILE: ${prompt.file} is empty`, 'Write the prompt into it.')
}

/** What the agent reads. */
const promptFor = async ({ inputs, report }: Input, git: RunGit): Promise<string> => {
  if (inputs.mode !== 'review') return report.prompt
  const branch = inputs.reviewBase === null ? await defaultBranch(git) : null
  const base = inputs.reviewBase ?? (branch === null ? null : `origin/${branch}`)
  if (base === null)
    throw new StepFailed(
      'input',
      'REVIEW_BASE is missing, and no remote names a branch',
      'Give the branch to compare with.',
    )
  return reviewPrompt({ prompt: report.prompt, base, discards: false })
}

type Agent = {
  readonly access: Access
  readonly folder: string
  readonly prompt: string
  readonly identity: Identity
}

const agentEnv = ({ env, places }: RunContext, inputs: Inputs, more: Readonly<Record<string, string>>) => ({
  ...env,
  PATH: env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin',
  HOME: places.home,
  // Without its login.
  ...(inputs.source.kind === 'url' && env['REPO_URL'] !== undefined ? { REPO_URL: inputs.source.url } : {}),
  ...more,
})

const runBatch = async (input: Input, agent: Agent): Promise<Result> => {
  const { context, inputs, provider, report, keep } = input
  const { folder, prompt, identity } = agent
  const { home, toolbox } = context.places
  const command = batchCommand({ provider, inputs, access: agent.access, folder, home, toolbox, identity })
  writeSettings(home, command.files)
  const env = agentEnv(context, inputs, { ...identityEnv(identity, context.env), ...command.env })
  const lines = agentLines(context.style)
  let verdict: Verdict
  try {
    verdict = await runAgent({
      program: { argv: command.argv, cwd: folder, env },
      command,
      prompt,
      parser: provider.parser({ previousThread: null, resume: null }),
      stop: context.stop,
      onLine: keep,
      onEvent: (event) => {
        if (event.type === 'agent.message') report.message = event.text
        const shown = lines({ ...event, at: context.now().toISOString() }).map(context.print)
        return !shown.includes(false)
      },
      drained: context.drained,
    })
  } catch (error) {
    throw new StepFailed('no-cli', errorMessage(error), 'Use an image that has this CLI.', error)
  }
  return { class: verdict.class === 'ok' ? 'done' : verdict.class, reason: verdict.reason }
}

const runChat = async (input: Input, agent: Agent): Promise<Result> => {
  const { context, inputs, provider } = input
  const { folder, prompt, identity } = agent
  const { home, toolbox } = context.places
  const command = screenCommand({ provider, inputs, access: agent.access, folder, home, toolbox, identity }, prompt)
  writeSettings(home, command.files)
  const env = agentEnv(context, inputs, { ...identityEnv(identity, context.env), ...command.env })
  let code: number | null
  try {
    ;({ code } = await runScreen({ argv: command.argv, cwd: folder, env }))
  } catch (error) {
    throw new StepFailed('no-cli', errorMessage(error), 'Use an image that has this CLI.', error)
  }
  return code === 0 || (code !== null && QUIT_CODES.includes(code))
    ? { class: 'done', reason: `${provider.title} was quit at its screen` }
    : { class: 'agent', reason: `${provider.title} ended with ${code === null ? 'a signal' : `exit code ${code}`}` }
}

const pushPart = async (input: Input, git: RunGit, identity: Identity, result: Result): Promise<Result> => {
  const { context, inputs, report, say } = input
  if (inputs.push === null || result.class !== 'done') return result
  const base = report.repository?.sha ?? null
  const env = identityEnv(identity, context.env)
  const pushed = await pushWork({ git, branch: inputs.push, base, prompt: report.prompt, env })
  if (pushed === null) say('nothing to push: the agent changed nothing')
  else if ('problem' in pushed) return { class: 'push', reason: pushed.problem }
  else {
    report.pushed = pushed
    say(`pushed ${pushed.sha.slice(0, 7)} to ${pushed.branch}`)
  }
  return result
}

/** From the checks to the push. Throws StepFailed where a step before the agent fails. */
export const runSteps = async (input: Input): Promise<Result> => {
  const { context, inputs, report, say } = input
  const { env, places, stop } = context
  requireCli(input)
  const hasFile = (path: string) => existsSync(path) && isFull(path)
  const access = chooseAccess({ provider: input.provider, model: inputs.model, env, home: places.home, hasFile })
  report.prompt = readPrompt(inputs)
  const { source } = inputs
  const remote = source.kind === 'url' ? source : { url: null, login: null }
  report.repository = {
    url: remote.url,
    folder: join(places.work, inputs.folder),
    ref: inputs.ref,
    sha: null,
    head: null,
  }
  const folder = makeFolder(places.work, inputs.folder)
  const program = {
    program: join(places.toolbox, 'bin/git'),
    cwd: folder,
    env: gitEnvironment(env, places.work, remote.url, remote.login),
  }
  const git = gitRunner({ ...program, signal: stop.stop })
  // Tells what a stopped run has changed too.
  const gitAfter = gitRunner({ ...program, signal: stop.kill })
  const { ref, sha } = await fillWorkFolder({ inputs, folder, git, say })
  report.repository = { ...report.repository, ref, sha, head: sha }
  const prompt = await promptFor(input, git)
  const identity = await findIdentity(env, git)
  const agent = { access, folder, prompt, identity }
  const result = await (inputs.mode === 'chat' ? runChat(input, agent) : runBatch(input, agent))
  const pushed = await pushPart(input, git, identity, result)
  report.repository = { ...report.repository, head: await headOf(gitAfter) }
  report.changes = await workChanges(gitAfter, sha)
  return pushed
}
