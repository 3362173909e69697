import { BerthError } from '../../domain/errors.ts'
import type { Plan } from '../../plan/plan.ts'
import type { HeldContext } from '../task/held-context.ts'
import type { Running } from './running.ts'

/** Of a task with a login, whose caller context was lost. */
const NO_CONTEXT: HeldContext = { callerEnv: {}, key: null, env: {} }

export const onlyGateway = ({ steps }: Plan): boolean => steps.every(({ id }) => id === 'gateway')

/** Waits for a caller context that was lost with a supervisor; the task is blocked meanwhile, and says what it needs. */
export const lostContext = async ({ live, plan, control, signal }: Running): Promise<HeldContext> => {
  const key = plan.login === undefined ? plan.model?.key?.replace('env:', '') : undefined
  await live.commit({
    type: 'turn.blocked',
    turn: plan.turn,
    reason: `${key ?? 'its environment'} was lost with the supervisor: run any berth command in a shell that has it`,
  })
  const given = await live.provided(AbortSignal.any([control.launchSignal, signal]))
  live.append({ type: 'turn.unblocked', turn: plan.turn })
  return given
}

/** What the steps that are left of a launch need of the caller; a login needs nothing of a shell. */
export const contextOf = async (running: Running, rest: Plan): Promise<HeldContext> => {
  const { live, plan } = running
  if (live.callerContext !== null) return live.callerContext
  if (plan.login !== undefined && onlyGateway(rest)) return NO_CONTEXT
  if (plan.envFrom.length > 0) {
    const names = plan.envFrom.join(', ')
    throw new BerthError(
      'bad-env',
      `the supervisor ended before the agent began, and the values of --env ${names} ended with it`,
      {
        hint: `\`berth resume ${live.id}\` gives them again, from this shell, the config file or --env NAME=VALUE.`,
      },
    )
  }
  return plan.login === undefined ? await lostContext(running) : NO_CONTEXT
}

/** Of a fetch without what a shell had: its credentials, or the token that the settings of the forge name there. */
const OF_CALLER: readonly string[] = ['repository-unreachable', 'no-credentials']

/** A private repository may need what the shell had: it is asked for where the fetch fails without it. */
export const needsContext = (context: HeldContext, error: unknown): boolean =>
  context === NO_CONTEXT && error instanceof BerthError && OF_CALLER.includes(error.code)
