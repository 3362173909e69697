import { allow } from '../../domain/allow.ts'
import { BerthError } from '../../domain/errors.ts'
import type { TaskRecord } from '../../domain/task.ts'
import { faultPoint } from '../../std/fault-point.ts'
import type { Deps } from '../deps.ts'
import { planNext } from '../planning/plan-next.ts'
import { refuseResults } from '../planning/refuse-after.ts'
import { refusePrompt } from '../planning/refuse-terminal.ts'
import type { Tasks } from '../schedule/tasks.ts'
import { planOfTurn } from '../task/journal-plans.ts'
import { filesOf } from '../task/turn-files.ts'
import { askedPrompt } from '../task/turn-prompts.ts'

type Input = { readonly tasks: Tasks; readonly id: string; readonly turn: number }
type Turn = TaskRecord['turns'][number]

/** Refuses a turn that does not exist, has begun, or is over. */
const waiting = (record: TaskRecord, number: number, verb: 'edit' | 'withdraw'): Turn => {
  const turn = record.turns.find((one) => one.turn === number)
  if (turn === undefined) {
    const last = record.turns.length
    throw new BerthError('not-allowed', `${record.id} has no turn ${number}: its turns are 1 to ${last}`, {
      hint: `List the queued turns with \`berth queue ${record.id}\`.`,
    })
  }
  if (turn.state !== 'queued') {
    const state = turn.outcome?.class === 'withdrawn' ? 'withdrawn' : turn.state
    throw new BerthError(
      'not-allowed',
      `turn ${number} of ${record.id} is ${state}: ${verb} is possible only while it is queued`,
      { hint: `List the queued turns with \`berth queue ${record.id}\`.` },
    )
  }
  allow(record, verb)
  return turn
}

/** Gives a queued turn another prompt. The same prompt again changes nothing. */
export const editTurn = async (
  input: Input & {
    readonly deps: Pick<Deps, 'config' | 'engines' | 'forges' | 'installation' | 'logins' | 'store'>
    readonly prompt: string
    readonly signal: AbortSignal
  },
): Promise<TaskRecord> => {
  const { deps, tasks, id, turn: number, prompt, signal } = input
  return await tasks.exclusive(id, async (live) => {
    refusePrompt(prompt, live.record.mode)
    refuseResults(deps, { after: live.record.after, prompt })
    const turn = waiting(live.record, number, 'edit')
    if (askedPrompt(live, number) === prompt) return
    // A plan holds what the commit will be called.
    const attempt = turn.attempt + 1
    const plan = planOfTurn(live, number, attempt)
      ? await planNext({
          deps,
          live,
          turn: number,
          attempt,
          prompt,
          files: filesOf(live, number),
          signal,
        })
      : null
    // It may have begun, or been stopped, while it was planned.
    waiting(live.record, number, 'edit')
    live.append(
      { type: 'turn.edited', turn: number, prompt, promptBytes: Buffer.byteLength(prompt) },
      ...(plan === null ? [] : [{ type: 'turn.planned' as const, turn: number, plan }]),
    )
    if (plan !== null) tasks.replacePlan(id, plan)
    await live.flush()
    faultPoint('turn.edited')
  })
}

/** Withdraws a queued turn. A second call changes nothing. */
export const withdrawTurn = async ({ tasks, id, turn }: Input): Promise<TaskRecord> =>
  await tasks.exclusive(id, async (live) => {
    if (live.record.turns.some((one) => one.turn === turn && one.outcome?.class === 'withdrawn')) return
    waiting(live.record, turn, 'withdraw')
    await live.commit({ type: 'turn.withdrawn', turn })
    faultPoint('turn.withdrawn')
    // It may be the one that waits for a place.
    tasks.wake(id)
  })
