import { readFileSync } from 'node:fs'
import { LABEL } from '../domain/container-spec.ts'
import { BerthError } from '../domain/errors.ts'
import { INSIDE } from '../domain/worker-protocol.ts'
import type { Engine, EngineInfo, ImageInfo } from '../engines/engine.ts'
import { writeFileAtomic } from '../std/atomic-file.ts'
import type { Toolbox } from './deps.ts'

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

/** Runs the toolbox's Node in the image once; what it says when it can't is the engine's or the loader's own word. */
const probe = async (
  engine: Engine,
  image: string,
  toolbox: Toolbox,
  given: AbortSignal,
): Promise<{ readonly code: number; readonly text: string }> => {
  const signal = AbortSignal.any([given, AbortSignal.timeout(LIMIT_MS)])
  const id = await engine.create(
    {
      name: `berth-probe-${crypto.randomUUID().slice(0, 8)}`,
      image,
      argv: [`${INSIDE.toolbox}/bin/node`, '-e', PROBE],
      env: {},
      workdir: '/',
      user: { uid: 65534, gid: 65534 },
      userNamespace: 'none',
      network: 'none',
      mounts: [{ role: 'toolbox', source: toolbox.path, target: INSIDE.toolbox, readOnly: true }],
      labels: { [LABEL.managed]: 'true' },
      memoryBytes: null,
      cpus: null,
      pids: null,
      capDrop: ['ALL'],
      noNewPrivileges: true,
    },
    signal,
  )
  try {
    await engine.start(id, signal)
    const { code } = await engine.wait(id, signal)
    let text = ''
    for await (const chunk of engine.logs(id, { follow: false }, signal)) text += chunk.data.toString()
    return { code, text: text.trim().slice(0, 300) }
  } catch (error) {
    return { code: -1, text: error instanceof Error ? error.message : String(error) }
  } finally {
    await engine.remove(id).catch(() => {})
  }
}

/** Refuses an image that cannot run the toolbox, by trying it once for each image; what worked is remembered. */
export const imageChecker =
  (path: string) =>
  async (input: {
    readonly engine: Engine
    readonly info: EngineInfo
    readonly reference: string
    readonly image: ImageInfo
    readonly toolbox: Toolbox
    readonly signal: AbortSignal
  }): Promise<void> => {
    const { engine, info, reference, image, toolbox, signal } = input
    if (image.labels[LABEL.managed] === 'true') return
    if (image.os !== 'linux' || image.architecture !== info.architecture) {
      throw new BerthError(
        'image-unfit',
        `the image ${reference} is for ${image.os}/${image.architecture}, and ${info.kind} here runs linux/${info.architecture}`,
      )
    }
    const key = `${image.id} ${toolbox.hash}`
    const known = readKnown(path)
    if (known[key]) return
    const { code, text } = await probe(engine, image.id, toolbox, signal)
    if (code === NO_SHELL)
      throw new BerthError('image-unfit', `the image ${reference} has no /bin/sh, and an agent needs a shell`)
    if (code !== 0)
      throw new BerthError(
        'image-unfit',
        `the image ${reference} cannot run the toolbox (exit code ${code})${text === '' ? '' : `: ${text}`}`,
      )
    await writeFileAtomic(path, JSON.stringify({ ...known, [key]: true }))
  }
