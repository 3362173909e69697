import { readFileSync } from 'node:fs'
import { capabilitiesOf } from '../../domain/capabilities.ts'
import { BerthError } from '../../domain/errors.ts'
import { type Tier, tierOf } from '../../domain/policy.ts'
import type { TaskRequest } from '../../domain/request.ts'
import type { EngineInfo } from '../../engines/engine.ts'

const ROOTLESS = 'Use an engine that runs without root, such as rootless Podman'

/** The capabilities that programs of this machine can have at most; undefined where nothing tells. */
const machineCapabilities = (): readonly string[] | undefined => {
  try {
    const bound = /^CapBnd:\s*([0-9a-f]+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]
    return bound === undefined ? undefined : capabilitiesOf(bound)
  } catch {
    return undefined
  }
}

/** In a user namespace of its own a rootless engine has every capability, and another machine is not looked at. */
const lacking = ({ capabilities }: Tier, info: EngineInfo, held: readonly string[] | undefined): readonly string[] =>
  held === undefined || info.sameHost !== true || info.userNamespace !== 'none'
    ? []
    : capabilities.filter((name) => !held.includes(name))

const faultOf = (request: TaskRequest, info: EngineInfo, tier: Tier, held: readonly string[] | undefined) => {
  const missing = lacking(tier, info, held)
  if (missing.length > 0)
    return {
      why: `this machine lacks ${missing.map((name) => `CAP_${name}`).join(', ')} (CapBnd in /proc/self/status), so ${info.kind} cannot give it to a container`,
      hint: `${ROOTLESS}, or --policy open.`,
    }
  if (!info.seccomp)
    return {
      why: `${info.kind} ${info.version} has no filter of system calls here, and root in a container must have one`,
      hint: 'Use an engine built with seccomp, or --policy open.',
    }
  if (request.sharedTree && request.repo !== undefined)
    return {
      why: 'a shared tree is made for one user, and root in the container is another',
      hint: 'Leave --shared-tree out, or use --policy open.',
    }
  if (info.userNamespace !== 'none') return undefined
  const writable = request.volumes.find(({ readOnly }) => !readOnly)
  const folder = writable === undefined ? '--source mount' : `--volume ${writable.source}`
  if (writable === undefined && request.source !== 'mount') return undefined
  return {
    why: `${info.kind} runs as root here, so with ${folder} root in the container would write as root into your folder`,
    hint: `${ROOTLESS}${writable === undefined ? '' : ', add :ro to the volume'}, or --policy open.`,
  }
}

/** Refuses a tier with a root inside where the machine or the engine cannot give it, or it would reach the user's files. */
export const refusePolicy = (request: TaskRequest, info: EngineInfo, held = machineCapabilities()): void => {
  const tier = tierOf(request)
  if (tier?.root !== 'inside') return
  const fault = faultOf(request, info, tier, held)
  if (fault !== undefined)
    throw new BerthError('policy-unfit', `--policy ${request.policy}: ${fault.why}`, { hint: fault.hint })
}
