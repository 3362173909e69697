import { readdirSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { claude } from '../providers/claude.ts'
import { codex } from '../providers/codex.ts'
import { gemini } from '../providers/gemini.ts'
import { opencode } from '../providers/opencode.ts'
import type { Provider } from '../providers/provider.ts'
import { errorMessage } from '../std/error-message.ts'
import { isProgram } from '../std/find-program.ts'
import { newId } from '../std/id.ts'
import { redactor } from '../std/redact.ts'
import { isSecretName } from '../std/secret-name.ts'
import { EXIT_CODES, StepFailed } from './exit-codes.ts'
import type { ExitRecord, RunClass } from './exit-record.ts'
import { LOG, type Outputs, openOutputs, SUMMARY } from './open-outputs.ts'
import { OUT, type Places } from './places.ts'
import { type Inputs, readInputs, readRunName } from './read-inputs.ts'
import type { RunContext, Variables } from './run-context.ts'
import { type Report, type Result, runSteps } from './run-steps.ts'
import { splitLogin } from './split-login.ts'
import { summaryText } from './summary-text.ts'

const PROVIDERS: readonly Provider[] = [codex, claude, gemini, opencode]

const TOKEN_LENGTH = 20

const secretsOf = (env: Variables): readonly string[] => {
  const { login } = splitLogin(env['REPO_URL'] ?? '')
  const named = Object.entries(env).filter(([name]) => isSecretName(name) && !/^GIT_CONFIG_KEY_\d+$/.test(name))
  // A user without a password may be a token; a short one is a name.
  const ofLogin = login === null ? [] : [login.password || (login.user.length < TOKEN_LENGTH ? '' : login.user)]
  return [...named.map(([, value]) => value), ...ofLogin]
}

const mountedAt = (path: string): string | null => {
  try {
    return readdirSync(path).length > 0 ? path : null
  } catch {
    return null
  }
}

/** The CLIs that the image has. */
const installed = ({ toolbox }: Places): readonly string[] =>
  PROVIDERS.filter(({ binary }) => binary !== null && isProgram(join(toolbox, 'bin', binary))).map(({ id }) => id)

const read = ({ env, places, hasTerminal }: RunContext, run: string): Inputs => {
  const [only, ...others] = installed(places)
  return readInputs(env, {
    providers: PROVIDERS.map(({ id }) => id),
    defaultProvider: only !== undefined && others.length === 0 ? only : codex.id,
    hasTerminal,
    mounted: mountedAt(places.source),
    run,
  })
}

const attempt = <T>(work: () => T): T | StepFailed => {
  try {
    return work()
  } catch (error) {
    if (error instanceof StepFailed) return error
    throw error
  }
}

const codeOf = (kind: RunClass, stop: AbortSignal): number => {
  if (kind === 'done') return 0
  if (kind === 'stopped') return 128 + (constants.signals[stop.reason as NodeJS.Signals] ?? 0)
  return Object.hasOwn(EXIT_CODES, kind) ? EXIT_CODES[kind as keyof typeof EXIT_CODES] : 1
}

type Run = {
  readonly context: RunContext
  readonly name: string
  readonly startedAt: Date
  readonly inputs: Inputs | StepFailed
  readonly outputs: Outputs
  readonly say: (text: string) => void
  readonly redact: (text: string) => string
}

/** All steps; whatever is thrown on the way becomes the result. */
const outcome = async (run: Run, report: Report): Promise<Result> => {
  const { context, inputs, outputs, say, redact } = run
  const { stop } = context.stop
  const keep = (line: string) => {
    const masked = redact(line)
    outputs.log(masked)
    return masked
  }
  let result: Result
  try {
    if (inputs instanceof StepFailed) throw inputs
    const provider = PROVIDERS.find(({ id }) => id === inputs.provider) ?? codex
    result = await runSteps({ context, inputs, provider, report, say, keep })
  } catch (error) {
    if (error instanceof StepFailed) result = { class: error.step, reason: `${error.message}. ${error.hint}` }
    else result = { class: 'agent', reason: errorMessage(error) }
  }
  return stop.aborted && result.class !== 'done' ? { class: 'stopped', reason: `ended by ${stop.reason}` } : result
}

/** Writes summary and exit.json; gives the exit code. */
const finish = (run: Run, report: Report, { class: kind, reason }: Result): number => {
  const { context, name, inputs, outputs, say, redact } = run
  const exitCode = codeOf(kind, context.stop.stop)
  const asked = inputs instanceof StepFailed ? null : inputs
  const record: ExitRecord = {
    exitCode,
    class: kind,
    reason: redact(reason),
    run: name,
    startedAt: run.startedAt.toISOString(),
    endedAt: context.now().toISOString(),
    repository: report.repository,
    provider: asked?.provider ?? null,
    mode: asked?.mode ?? null,
    pushed: report.pushed,
    outputs: { folder: outputs.folder, log: join(outputs.folder, LOG), summary: join(outputs.folder, SUMMARY) },
  }
  say(`${kind === 'done' ? 'done' : `failed (${kind})`}: ${reason}`)
  const { prompt, message, changes } = report
  const failed = attempt(() => outputs.end(redact(summaryText({ record, prompt, message, changes })), record))
  const problem = failed instanceof StepFailed ? failed.message : outputs.problem
  if (problem === undefined) return exitCode
  context.complain(`berth: ${problem}`)
  return exitCode === 0 ? EXIT_CODES.output : exitCode
}

/** One run of the image, from its variables to its exit code. */
export const standalone = async (context: RunContext): Promise<number> => {
  const startedAt = context.now()
  const redact = redactor(secretsOf(context.env))
  const id = newId('r')
  const named = attempt(() => readRunName(context.env))
  const name = typeof named === 'string' ? named : id
  const inputs = named instanceof StepFailed ? named : attempt(() => read(context, name))
  const outputs = attempt(() => openOutputs(join(context.places.work, OUT), name))
  if (outputs instanceof StepFailed) {
    const failures = [inputs, outputs].filter((one) => one instanceof StepFailed)
    for (const { message, hint } of failures) context.complain(redact(`berth: ${message}. ${hint}`))
    return EXIT_CODES[failures[0]?.step ?? 'output']
  }
  const say = (text: string) => {
    const line = redact(`berth: ${text}`)
    outputs.log(line)
    context.complain(line)
  }
  const run = { context, name, startedAt, inputs, outputs, say, redact }
  const report: Report = { repository: null, prompt: '', message: '', changes: '', pushed: null }
  return finish(run, report, await outcome(run, report))
}
