import type { IncomingMessage, ServerResponse } from 'node:http'
import { loggedPath } from '../refusal.ts'
import { waited } from '../waited.ts'
import { allowOf, answer, answerInPace, badRequest, deniedAnswer, isForbidden, unreachedAnswer } from './answers.ts'
import type { ProxyContext } from './context.ts'
import { exchange } from './exchange.ts'
import { TAKEN_AWAY } from './open-streams.ts'

/** One request by the proxy: denied with a reason, or passed on. On record when it is over. */
export const passRequest = async (
  context: ProxyContext,
  request: IncomingMessage,
  { response, shut }: { readonly response: ServerResponse; readonly shut: () => void },
): Promise<void> => {
  const { audit, checks, paces, task } = context
  const began = performance.now()
  const ms = () => Math.round(performance.now() - began)
  const client = context.clientOf(request.socket)
  const method = request.method ?? ''
  const read = checks.proxiedRequest(request, client)
  if (!read.ok) {
    shut()
    const line = { ...(client.tunnel ?? { host: '', port: 0 }), method, path: loggedPath(request.url ?? '') }
    audit({ ...line, verdict: 'denied', rule: null, status: 400, ms: 0, message: read.error })
    return answerInPace(response, paces, badRequest(read.error))
  }
  const { target, path, headers } = read.value
  const line = { ...target, method, path: loggedPath(path) }
  const asked = { ...target, method, path }
  const judged = checks.judge(context.rules(), asked)
  if (judged.verdict === 'denied') {
    shut()
    const { reason: message, allow, rule } = judged
    audit({ ...line, verdict: 'denied', rule: rule?.target ?? null, status: 403, ms: 0, allow, message })
    return answerInPace(response, paces, deniedAnswer(task, judged))
  }
  if (!(await waited(response, paces.passed()))) return
  const forget = context.streams.add({ asked, cut: () => response.destroy() })
  const { error, message, ...counts } = await exchange(request, response, {
    agent: client.upstreams.agent,
    target,
    path,
    headers,
    shut,
    unreached: (cause) => answer(response, unreachedAnswer(task, target, cause)),
  })
  const why = forget() ? TAKEN_AWAY : message
  const said = why === undefined ? {} : { message: why }
  const outcome = isForbidden(error)
    ? ({ verdict: 'denied', status: 403, allow: allowOf(error, target) } as const)
    : ({ verdict: 'allowed' } as const)
  audit({ ...line, ...counts, ...outcome, rule: judged.rule.target, ms: ms(), ...said })
}
