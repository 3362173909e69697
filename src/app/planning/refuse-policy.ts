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

type Place = {
  readonly info: EngineInfo
  /** A folder outside of Berth's own in which the workspace is to lie. */
  readonly base: string | null
  readonly held?: readonly string[] | undefined
}
type Fault = { readonly why: string; readonly hint: string }

const lacks = (tier: Tier, { info, held }: Place): Fault | undefined => {
  const missing = lacking(tier, info, held)
  if (missing.length > 0)
    return {
      why: `this machine lacks ${missing.map((name) => `CAP_${name}`).join(', ')} (CapBnd in /proc/self/status), so ${info.kind} cannot give it to a container`,
      hint: `${ROOTLESS}, or --policy open.`,
    }
  if (info.seccomp) return undefined
  return {
    why: `${info.kind} ${info.version} has no filter of system calls here, and root in a container must have one`,
    hint: 'Use an engine built with seccomp, or --policy open.',
  }
}

/** The folder of the user's that the container could write, by the words that ask for it. */
const openFolder = ({ source, volumes }: TaskRequest, { base }: Place): Fault | undefined => {
  const writable = volumes.find(({ readOnly }) => !readOnly)
  if (writable !== undefined) return { why: `--volume ${writable.source}`, hint: 'add :ro to the volume' }
  if (source === 'mount') return { why: '--source mount', hint: '--source copy' }
  return base === null ? undefined : { why: `workspace-base-dir ${base}`, hint: 'leave workspace-base-dir out' }
}

const reaches = (request: TaskRequest, place: Place): Fault | undefined => {
  if (request.sharedTree && request.repo !== undefined)
    return {
      why: 'a shared tree is made for one user, and root in the container is another',
      hint: 'Leave --shared-tree out, or use --policy open.',
    }
  const folder = place.info.userNamespace === 'none' ? openFolder(request, place) : undefined
  return (
    folder && {
      why: `${place.info.kind} runs as root here, so with ${folder.why} root in the container would write as root into your folder`,
      hint: `${ROOTLESS}, ${folder.hint}, or use --policy open.`,
    }
  )
}

/** Refuses a tier with a root inside where the machine or the engine cannot give it, or it would reach the user's files. */
export const refusePolicy = (request: TaskRequest, place: Place): void => {
  const tier = tierOf(request)
  if (tier?.root !== 'inside') return
  const fault = lacks(tier, { held: machineCapabilities(), ...place }) ?? reaches(request, place)
  if (fault !== undefined)
    throw new BerthError('policy-unfit', `--policy ${request.policy}: ${fault.why}`, { hint: fault.hint })
}
