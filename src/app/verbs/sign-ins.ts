import type { Socket } from 'node:net'
import type * as z from 'zod'
import type { signInOpening } from '../../api/bodies.ts'
import { BerthError } from '../../domain/errors.ts'
import type { Deps } from '../deps.ts'
import { loginServiceOf } from './login-service.ts'
import { type SignIn, signIn } from './sign-in.ts'

type Opening = z.output<typeof signInOpening>

/** The sign-ins that are under way. */
export const openSignIns = (deps: Deps) => {
  /** By their ids: the port that the browser is sent to. */
  const ports = new Map<string, number | null>()
  return {
    /** Refuses an agent that has no logins at once; gives what begins a sign-in. */
    begin(provider: string) {
      loginServiceOf(deps, provider, undefined)
      return async (opening: Opening, signal: AbortSignal): Promise<SignIn> => {
        const { service, name, browser, tty, settings, profile, caller } = opening
        const { request } = await deps.config.request({
          settings,
          profile,
          prompt: '',
          env: caller.env,
          cwd: caller.cwd,
        })
        const asked = { provider, service, name, browser, terminal: tty !== null }
        const made = await signIn({ deps, request, caller, signal }, asked)
        ports.set(made.id, made.callbackPort)
        return {
          ...made,
          async [Symbol.asyncDispose]() {
            ports.delete(made.id)
            await made[Symbol.asyncDispose]()
          },
        }
      }
    },
    has: (id: string): boolean => ports.has(id),
    /** A connection to the port that the browser is sent to, and to no other one. */
    async forward(id: string, port: number, signal: AbortSignal): Promise<Socket> {
      if (ports.get(id) !== port) throw new BerthError('not-allowed', `${id} waits for no browser on port ${port}`)
      return await deps.egress.dial(id, { kind: 'port', port }, signal)
    },
  }
}
