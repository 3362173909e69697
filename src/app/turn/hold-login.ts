import type { Login } from '../../domain/login.ts'
import { upstreamOf } from '../../plan/make-plan.ts'
import { pause } from '../../std/abort.ts'
import { loginCompany, loginKey, loginOf, serviceOf } from './login-of-turn.ts'
import type { Running } from './running.ts'

/** Pauses between two tries to renew a token that the model refused; the gateway's patience ends before. */
const TRIES_MS = [1000, 2000, 4000, 8000, 8000, 8000] as const

/**
 * Keeps the login of a turn fresh while it runs: the gateway gets each new token, and another one for each that the model
 * refused. Disposing ends that.
 */
export const holdLogin = (running: Running): Disposable => {
  const { deps, live, plan } = running
  const id = loginOf(plan)
  // Inside, the agent's CLI refreshes it: two would end it.
  if (id === null || plan.inside !== undefined) return { [Symbol.dispose]: () => {} }
  const over = new AbortController()
  const signal = AbortSignal.any([over.signal, running.signal])
  const company = loginCompany(running)
  const service = serviceOf(running)
  // What another server says of a token says nothing of the login.
  const isOwn = service !== undefined && plan.model?.upstream === upstreamOf(service, undefined)
  const failed = (error: unknown) => {
    if (!signal.aborted) deps.log({ level: 'error', msg: 'login', task: live.id, error: String(error) })
  }
  const give = async (login: Login, version: string) => {
    if (login.service === plan.login?.service) await deps.egress.setKey(live.id, loginKey(running, login, version))
  }
  const renew = async (refused: string) => {
    for (const ms of TRIES_MS) {
      const state = await deps.logins.fresh(id, { company, refused, signal })
      if (state.kind === 'ready') return await give(state.login, state.version)
      if (state.kind === 'blocked') {
        if (isOwn) await deps.logins.refuse(id, refused)
        return await deps.egress.setKey(live.id, { refused: state.reason })
      }
      await pause(ms, signal)
    }
  }
  const unhear = deps.egress.onWanted(({ task, version }) => {
    if (task === live.id) renew(version).catch(failed)
  })
  const hold = deps.logins.hold({
    id,
    task: live.id,
    company,
    onToken: (login, version) => void give(login, version).catch(failed),
  })
  return {
    [Symbol.dispose]() {
      over.abort()
      unhear()
      hold[Symbol.dispose]()
    },
  }
}
