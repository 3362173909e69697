import type { ContainerSpec } from '../../domain/container-spec.ts'
import { SECCOMP_FILE } from '../../domain/seccomp-profile.ts'
import { INSIDE } from '../../domain/worker-protocol.ts'
import type { Engine } from '../../engines/engine.ts'
import { errorMessage } from '../../std/error-message.ts'
import { faultPoint } from '../../std/fault-point.ts'
import type { Trial } from '../deps.ts'
import { recordProbe, removeProbe } from './probe-record.ts'
import { probeSpec } from './probe-spec.ts'

const LIMIT_MS = 30_000

/** How a trial ended; code -1: the engine could not start it, and `text` has its words. */
export type ProbeResult = { readonly code: number; readonly text: string }

type Probe = {
  readonly state: string
  readonly trial: Pick<Trial, 'engine' | 'info' | 'image' | 'toolbox' | 'securityLabel'>
  /** Run by the toolbox's Node. */
  readonly script: string
  /** Arguments of the script. */
  readonly words?: readonly string[]
  readonly more?: Partial<ContainerSpec>
}

const specOf = ({ state, trial: { image, toolbox, securityLabel }, script, words = [], more }: Probe, name: string) =>
  probeSpec(state, {
    name,
    image: image.id,
    argv: [`${INSIDE.toolbox}/libexec/start`, `${INSIDE.toolbox}/libexec/node`, '-e', script, '--', ...words],
    mounts: [{ role: 'toolbox', source: toolbox.path, target: INSIDE.toolbox, readOnly: true }],
    seccomp: `${toolbox.path}/${SECCOMP_FILE}`,
    securityLabel,
    ...more,
  })

const run = async (engine: Engine, id: string, signal: AbortSignal): Promise<ProbeResult> => {
  try {
    await engine.start(id, signal)
    faultPoint('check.started')
    const { code } = await engine.wait(id, signal)
    let text = ''
    for await (const chunk of engine.logs(id, { follow: false }, signal)) text += chunk.data.toString()
    return { code, text: text.trim().slice(0, 300) }
  } catch (error) {
    return { code: -1, text: errorMessage(error) }
  }
}

/** Runs a script in a container of the image once; its text where it can't is the engine's or the loader's own word. */
export const runProbe = async (input: Probe, given: AbortSignal): Promise<ProbeResult> => {
  const { state, trial } = input
  const { engine, info } = trial
  const signal = AbortSignal.any([given, AbortSignal.timeout(LIMIT_MS)])
  const name = await recordProbe(state, { kind: info.kind, endpoint: engine.endpoint })
  try {
    return await run(engine, await engine.create(specOf(input, name), signal), signal)
  } finally {
    // What stays is removed by the next supervisor.
    await removeProbe(state, engine, name).catch(() => {})
  }
}
