import type { LoginState } from '../../credentials/credential.ts'
import { BerthError } from '../../domain/errors.ts'
import type { Login } from '../../domain/login.ts'
import { type LoginId, loginCommand } from '../../domain/login-name.ts'
import { loginVersion } from '../../domain/login-version.ts'
import type { LoginKey } from '../../egress/egress.ts'
import type { ModelKey } from '../../launch/gateway-task.ts'
import type { Plan } from '../../plan/plan.ts'
import type { LoginService } from '../../providers/provider.ts'
import { pause } from '../../std/abort.ts'
import { providerOf } from '../planning/choose-provider.ts'
import { askedRequest } from '../task/asked-request.ts'
import { lentVersion } from '../task/lent-version.ts'
import type { Running } from './running.ts'

/** Pauses between two looks at an issuer that does not answer; the last one repeats. */
const LATE_MS = [1000, 2000, 5000, 15_000, 30_000] as const

/** Beside its tokens a login has names, which are no secrets. */
const TOKEN_LENGTH = 32

export const loginOf = ({ provider, login }: Plan): LoginId | null =>
  login === undefined ? null : { provider, name: login.name }

export const loginCompany = ({ deps, live }: Pick<Running, 'deps' | 'live'>) =>
  deps.config.companyNetwork(live.callerContext?.callerEnv ?? {})

/** The service that the turn was planned with. */
export const serviceOf = ({ deps, live, plan }: Pick<Running, 'deps' | 'live' | 'plan'>): LoginService | undefined =>
  providerOf(deps, live, plan).logins?.find(({ id }) => id === plan.login?.service)

/** A login's token as the gateway gets it, and masked in all that the agent says. */
export const loginKey = (running: Pick<Running, 'deps' | 'live' | 'plan'>, login: Login, version: string): LoginKey => {
  const { live } = running
  const { access, refresh, extra } = login
  const others = Object.values(extra).filter((value) => value.length >= TOKEN_LENGTH)
  live.hide([access, ...(refresh === null ? [] : [refresh]), ...others])
  return {
    key: access,
    headers: { ...serviceOf(running)?.headers(login), ...askedRequest(live).loginHeaders },
    version,
  }
}

/** The plan has the variables of one service. */
const fitting = (state: LoginState, { login }: Plan, id: LoginId): LoginState =>
  state.kind !== 'ready' || login === undefined || state.login.service === login.service
    ? state
    : {
        kind: 'blocked',
        reason: `the login ${id.provider}/${id.name} is one of ${state.login.service}, and this turn was planned with one of ${login.service}: run \`${loginCommand(id)}\``,
      }

/** A login that goes into the container is lent. One that is there already is left as it is. */
const lookedUp = async ({ deps, live, plan }: Running, id: LoginId, signal: AbortSignal): Promise<LoginState> => {
  const { logins } = deps
  const company = loginCompany({ deps, live })
  if (plan.inside === undefined) return await logins.fresh(id, { company, signal })
  const login = lentVersion(live, plan) === null ? null : await logins.find(id)
  if (login === null) return await logins.lend(id, { task: live.id, company, signal })
  return { kind: 'ready', login, version: loginVersion(login) }
}

const stateOf = async (running: Running, id: LoginId, signal: AbortSignal): Promise<LoginState> => {
  try {
    return fitting(await lookedUp(running, id, signal), running.plan, id)
  } catch (error) {
    if (!(error instanceof BerthError) || error.code !== 'login-failed') throw error
    return { kind: 'blocked', reason: `${error.message}: run \`${loginCommand(id)}\`` }
  }
}

/** The credential file that goes into the container, journaled as lent; null: none does. */
export const insideFile = async ({ deps, live, plan }: Running, id: LoginId): Promise<string | null> => {
  if (plan.inside === undefined) return null
  const login = await deps.logins.find(id)
  const service = providerOf(deps, live, plan).logins?.find((one) => one.id === login?.service)
  const file = login === null ? null : (service?.file.write(login) ?? null)
  if (login !== null && file !== null)
    await live.commit({
      type: 'login.lent',
      turn: plan.turn,
      attempt: plan.attempt,
      login: `${id.provider}/${id.name}`,
      version: loginVersion(login),
    })
  return file
}

/** The token of the turn's login. Without one that works the task is blocked, and goes on when the login is stored. */
export const readyLogin = async (running: Running, id: LoginId): Promise<ModelKey> => {
  const { deps, live, plan, control } = running
  const signal = AbortSignal.any([control.launchSignal, running.signal])
  for (let looks = 0; ; looks += 1) {
    // Before the look: a login that is stored meanwhile is heard of.
    const stored = deps.logins.stored(id, signal)
    stored.catch(() => {})
    const state = await stateOf(running, id, signal)
    const { state: now, reason } = live.record
    if (state.kind === 'ready') {
      if (now === 'blocked') live.append({ type: 'turn.unblocked', turn: plan.turn })
      const { key, headers, version } = loginKey(running, state.login, state.version)
      return { key, headers, login: { name: `${id.provider}/${id.name}`, version } }
    }
    if (now !== 'blocked' || reason !== state.reason)
      await live.commit({ type: 'turn.blocked', turn: plan.turn, reason: state.reason })
    const late = LATE_MS[Math.min(looks, LATE_MS.length - 1)] ?? 0
    await (state.kind === 'late' ? Promise.race([stored, pause(late, signal)]) : stored)
  }
}
