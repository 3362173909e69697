import { onAbort } from '../std/abort.ts'
import { redactor } from '../std/redact.ts'
import type { GatewayModel, LoginKeyAnswer } from './egress.ts'
import type { Limits } from './limits.ts'
import type { WantedKeys } from './wanted-keys.ts'

/** Versions of a key that an answer may still echo. */
const MOST_SECRETS = 8

/** Whether there is another key than the one that was refused; if not, why. */
export type Renewal = { readonly isRenewed: true } | { readonly isRenewed: false; readonly reason: string }

/** The key of a task's model, which is replaced while the task runs if it is a login's token. */
export type ModelKey = {
  /** The model with the newest key. */
  now(): GatewayModel
  /** Masks the keys and the headers that were set. */
  redact(text: string): string
  set(answer: LoginKeyAnswer): void
  /** The task's model is this one from now on; requests that wait for a key of the same login get its key. */
  adopt(model: GatewayModel | null): void
  /** Nobody gives it another key any more: all waits reject, and its requests are for a successor. */
  end(): void
  /** Waits for another key than that of a version which the model refused. Rejects with the signal's reason. */
  renewed(refused: string, signal: AbortSignal): Promise<Renewal>
}

type Deps = {
  readonly task: string
  readonly limits: Pick<Limits, 'renewMs' | 'freshMs'>
  readonly wants: Pick<WantedKeys, 'add'>
}

const RENEWED: Renewal = { isRenewed: true }
const notRenewed = (reason: string): Renewal => ({ isRenewed: false, reason })

const secretsOf = ({ key, headers = {} }: GatewayModel): readonly string[] => [
  ...(key === null ? [] : [key]),
  ...Object.values(headers),
]

export const modelKey = (model: GatewayModel, { task, limits, wants }: Deps): ModelKey => {
  let now = model
  let secrets = [secretsOf(model)]
  let redact = redactor(secrets.flat())
  let renewedAt: number | null = null
  let refusal: { readonly version: string; readonly reason: string } | null = null
  const waiting = new Set<PromiseWithResolvers<Renewal>>()
  const tell = (renewal: Renewal) => {
    for (const one of waiting) one.resolve(renewal)
  }
  /** What is known of a refused version at once. */
  const known = (version: string): Renewal | null => {
    if (now.login === undefined) return notRenewed('it is no login')
    if (now.login.version !== version) return RENEWED
    if (refusal?.version === version) return notRenewed(refusal.reason)
    if (renewedAt === null || performance.now() - renewedAt >= limits.freshMs) return null
    return notRenewed('its token was renewed just now')
  }
  const replace = (next: GatewayModel) => {
    const isOther = now.login?.version !== next.login?.version
    renewedAt = isOther && now.login?.name === next.login?.name ? performance.now() : renewedAt
    now = next
    secrets = [secretsOf(now), ...secrets].slice(0, MOST_SECRETS)
    redact = redactor(secrets.flat())
    if (!isOther) return
    refusal = null
    tell(RENEWED)
  }
  const refuse = (version: string, reason: string) => {
    refusal = { version, reason }
    tell(notRenewed(reason))
  }
  return {
    now: () => now,
    redact: (text) => redact(text),
    set: (answer) => {
      if (now.login === undefined) return
      const { login } = now
      if ('refused' in answer) refuse(login.version, answer.refused)
      else replace({ ...now, key: answer.key, headers: answer.headers, login: { ...login, version: answer.version } })
    },
    adopt: (next) => {
      const { login } = now
      if (login !== undefined && login.name !== next?.login?.name)
        refuse(login.version, 'the task has another login now')
      if (next !== null) replace(next)
    },
    end: () => {
      for (const one of waiting) one.reject(new Error('the gateway ends'))
    },
    renewed: async (version, signal) => {
      signal.throwIfAborted()
      const answer = known(version)
      if (answer !== null) return answer
      const wait = Promise.withResolvers<Renewal>()
      const forget = wants.add({ task, login: now.login?.name ?? '', version })
      const late = notRenewed(`it was not renewed in ${Math.round(limits.renewMs / 1000)} s`)
      const timer = setTimeout(() => wait.resolve(late), limits.renewMs)
      using _ = onAbort(signal, () => wait.reject(signal.reason))
      waiting.add(wait)
      try {
        return await wait.promise
      } finally {
        clearTimeout(timer)
        waiting.delete(wait)
        forget()
      }
    },
  }
}
