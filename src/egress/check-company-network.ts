import { BerthError } from '../domain/errors.ts'
import { errorMessage } from '../std/error-message.ts'
import type { CheckCompanyNetwork } from './egress.ts'
import { parentTunnels } from './parent-tunnels.ts'
import { readAuthorities } from './read-authorities.ts'
import { upstreamAgents } from './upstream-agents.ts'

/** Asks the company's proxy for the model's server as the gateway will, from this machine. */
export const checkCompanyNetwork = (): CheckCompanyNetwork => {
  const { secureContext } = upstreamAgents()
  const tunnels = parentTunnels({ secureContext })
  return async ({ company, upstream }, signal) => {
    if (company.caFile !== null) readAuthorities(company.caFile)
    const openTunnel = upstream === null ? null : tunnels(new URL(upstream), company)
    if (openTunnel === null) return
    try {
      const socket = await openTunnel(signal)
      socket.destroy()
    } catch (error) {
      signal.throwIfAborted()
      throw new BerthError('proxy-refused', errorMessage(error), { cause: error })
    }
  }
}
