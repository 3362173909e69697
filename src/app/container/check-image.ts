import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { LABEL } from '../../domain/container-spec.ts'
import { BerthError } from '../../domain/errors.ts'
import { SECCOMP_FILE } from '../../domain/seccomp-profile.ts'
import { INSIDE } from '../../domain/worker-protocol.ts'
import type { Engine } from '../../engines/engine.ts'
import { errorMessage } from '../../std/error-message.ts'
import { faultPoint } from '../../std/fault-point.ts'
import { writeFileDurably } from '../../std/write-file-durably.ts'
import type { Trial } from '../deps.ts'
import { recordProbe, removeProbe } from './probe-record.ts'
import { probeSpec } from './probe-spec.ts'

const LIMIT_MS = 30_000
const NO_SHELL = 9
const PROBE = `process.exit(require('fs').existsSync('/bin/sh')?0:${NO_SHELL})`

const readKnown = (path: string): Record<string, boolean> => {
  try {
    return { ...(JSON.parse(readFileSync(path, 'utf8')) as Record<string, boolean> | null) }
  } catch {
    return {}
  }
}

type Probe = Pick<Trial, 'engine' | 'info' | 'toolbox' | 'securityLabel'> & {
  readonly state: string
  readonly image: string
}
type Said = { readonly code: number; readonly text: string }

const specOf = ({ state, image, toolbox, securityLabel }: Probe, name: string) =>
  probeSpec(state, {
    name,
    image,
    argv: [`${INSIDE.toolbox}/bin/node`, '-e', PROBE],
    mounts: [{ role: 'toolbox', source: toolbox.path, target: INSIDE.toolbox, readOnly: true }],
    seccomp: `${toolbox.path}/${SECCOMP_FILE}`,
    securityLabel,
  })

const run = async (engine: Engine, id: string, signal: AbortSignal): Promise<Said> => {
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

/** Runs the toolbox's Node in the image once; what it says when it can't is the engine's or the loader's own word. */
const probe = async (input: Probe, given: AbortSignal): Promise<Said> => {
  const { state, engine, info } = input
  const signal = AbortSignal.any([given, AbortSignal.timeout(LIMIT_MS)])
  const name = await recordProbe(state, { kind: info.kind, endpoint: engine.endpoint })
  try {
    return await run(engine, await engine.create(specOf(input, name), signal), signal)
  } finally {
    // What stays is removed by the next supervisor.
    await removeProbe(state, engine, name).catch(() => {})
  }
}

/** Refuses an image that cannot run the toolbox, by trying it once for each image; what worked is remembered. */
export const imageChecker =
  (state: string) =>
  async (input: Trial): Promise<void> => {
    const { engine, info, reference, image, toolbox, securityLabel, signal } = input
    if (image.labels[LABEL.managed] === 'true') return
    if (image.os !== 'linux' || image.architecture !== info.architecture) {
      throw new BerthError(
        'image-unfit',
        `the image ${reference} is for ${image.os}/${image.architecture}, and ${info.kind} here runs linux/${info.architecture}`,
      )
    }
    const key = `${image.id} ${toolbox.hash}`
    const path = join(state, 'images.json')
    const known = readKnown(path)
    if (known[key]) return
    const { code, text } = await probe({ state, engine, info, image: image.id, toolbox, securityLabel }, signal)
    if (code === NO_SHELL)
      throw new BerthError('image-unfit', `the image ${reference} has no /bin/sh, and an agent needs a shell`)
    if (code !== 0)
      throw new BerthError(
        'image-unfit',
        `the image ${reference} cannot run the toolbox (exit code ${code})${text === '' ? '' : `: ${text}`}`,
      )
    await writeFileDurably(path, JSON.stringify({ ...known, [key]: true }))
  }
