import { allow } from '../../domain/allow.ts'
import type { CallerContext } from '../../domain/caller-context.ts'
import { BerthError } from '../../domain/errors.ts'
import type { EventBody } from '../../domain/event.ts'
import { lastTurn } from '../../domain/states.ts'
import { FINAL, type TaskRecord } from '../../domain/task.ts'
import type { Variables } from '../../domain/variables.ts'
import type { Plan } from '../../plan/plan.ts'
import { faultPoint } from '../../std/fault-point.ts'
import type { Deps } from '../deps.ts'
import { retryPrompt } from '../planning/agent-prompt.ts'
import { planNext } from '../planning/plan-next.ts'
import { refuseResults } from '../planning/refuse-after.ts'
import { refusePrompt } from '../planning/refuse-terminal.ts'
import { variablesAgain } from '../planning/variables-again.ts'
import type { Tasks } from '../schedule/tasks.ts'
import type { HeldContext } from '../task/held-context.ts'
import { lastPlan } from '../task/journal-plans.ts'
import type { LiveTask } from '../task/live-task.ts'
import { filesOf, type GivenFile, storeFiles, withoutData } from '../task/turn-files.ts'
import { turnQueued } from '../task/turn-prompts.ts'
import { hasWorkspace } from './archive-task.ts'

type Input = {
  readonly deps: Pick<Deps, 'config' | 'engines' | 'forges' | 'installation' | 'logins' | 'store'>
  readonly tasks: Tasks
  readonly id: string
  readonly caller: CallerContext
  /** Further variables, as --env takes them. */
  readonly env: readonly string[]
  readonly signal: AbortSignal
}

/**
 * The caller context for a task that is there: its key by the plan's reference, its variables by their names.
 */
export const contextFor = async (input: {
  readonly deps: Pick<Deps, 'config'>
  readonly live: LiveTask
  readonly before: Plan
  readonly caller: CallerContext
  readonly given: readonly string[]
  readonly verb: 'send' | 'resume' | 'fork'
}): Promise<{ readonly callerContext: HeldContext; readonly sent: Variables }> => {
  const { deps, before, caller } = input
  // A login needs no shell: its token is read at the launch.
  const reference = before.login === undefined ? (before.model?.key ?? null) : null
  const { env, sent } = variablesAgain(input)
  const key = reference === null ? null : await deps.config.credential(reference, caller.env)
  return { callerContext: { callerEnv: caller.env, key, env }, sent }
}

/** For an event, if there are any. */
const told = (sent: Variables) => (Object.keys(sent).length === 0 ? {} : { variables: sent })

const turnToRetry = (live: LiveTask) => {
  const last = lastTurn(live.record)
  if (last === undefined) throw new BerthError('corrupt-record', `${live.journal.path}: the task has no turn`)
  return last
}

/** True if an earlier try of the same request was journaled and its answer was lost. */
const wasTaken = (live: LiveTask, type: 'turn.queued' | 'turn.again', key: string | undefined): boolean => {
  if (key === undefined) return false
  for (const event of live.journal.select(type)) if (event.key === key) return true
  return false
}

/**
 * Queues a further prompt for a task. A task that is over begins the turn at once; a running one begins it after the
 * turns before it. Refuses a turn that cannot begin before it writes anything.
 */
export const sendTurn = async (
  input: Input & {
    readonly prompt: string
    readonly interrupt: boolean
    readonly key?: string | undefined
    readonly files: readonly GivenFile[]
  },
): Promise<TaskRecord> => {
  const { deps, tasks, id, env, prompt, interrupt, key, signal } = input
  return await tasks.exclusive(id, async (live) => {
    if (wasTaken(live, 'turn.queued', key)) return
    refusePrompt(prompt, live.record.mode)
    refuseResults(deps, { after: live.record.after, prompt })
    hasWorkspace(live.record)
    allow(live.record, 'send')
    const { callerContext, sent } = await contextFor({
      ...input,
      live,
      before: lastPlan(live),
      given: env,
      verb: 'send',
    })
    const turn = live.record.turns.length + 1
    const files = withoutData(input.files)
    const queued: EventBody = {
      ...turnQueued(turn, prompt, files),
      ...(key === undefined ? {} : { key }),
      ...told(sent),
    }
    const next = { deps, live, turn, attempt: 1, prompt, files, variables: Object.keys(sent), signal }
    const plan = FINAL.has(live.record.state) ? await planNext(next) : null
    await storeFiles(live.folder, turn, input.files)
    live.provide(callerContext)
    await live.commit(queued, ...(plan === null ? [] : [{ type: 'turn.planned' as const, turn, plan }]))
    faultPoint('turn.sent')
    if (interrupt) await tasks.interrupt(id)
  })
}

/** Retries the last turn of a failed, stopped or died task, or the waiting one, in its workspace and session. */
export const resumeTask = async (input: Input & { readonly key?: string | undefined }): Promise<TaskRecord> => {
  const { deps, tasks, id, env, key, signal } = input
  return await tasks.exclusive(id, async (live) => {
    if (wasTaken(live, 'turn.again', key)) return
    hasWorkspace(live.record)
    allow(live.record, 'resume')
    const { callerContext, sent } = await contextFor({
      ...input,
      live,
      before: lastPlan(live),
      given: env,
      verb: 'resume',
    })
    const { turn, attempt: before } = live.record.turns.find(({ state }) => state === 'waiting') ?? turnToRetry(live)
    const attempt = before + 1
    const prompt = retryPrompt(live, turn)
    const files = filesOf(live, turn)
    const plan = await planNext({
      deps,
      live,
      turn,
      attempt,
      prompt,
      files,
      variables: Object.keys(sent),
      fresh: true,
      signal,
    })
    live.provide(callerContext)
    const again = {
      type: 'turn.again',
      turn,
      attempt,
      prompt,
      ...(key === undefined ? {} : { key }),
      ...told(sent),
    } as const
    await live.commit(again, { type: 'turn.planned', turn, plan })
    faultPoint('turn.resumed')
    tasks.wake(id)
  })
}
