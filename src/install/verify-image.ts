import { randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { BerthError } from '../domain/errors.ts'
import { findImage } from './find-image.ts'
import { versionsIn } from './image-labels.ts'
import { ALL } from './image-name.ts'
import type { EngineCli, InstallOptions, Toolbox } from './install.ts'
import { run, tryRun } from './run.ts'
import { AGENTS } from './worker-parts.ts'

export type ImageCheck = { readonly name: string; readonly ok: boolean; readonly detail: string }

export type VerifiedImage = {
  readonly ref: string
  readonly engine: string
  readonly kind: string
  readonly provider: string
  readonly ok: boolean
  readonly checks: readonly ImageCheck[]
}

const LIMIT_MS = 600_000
/** Somebody else may have made the image. */
const NO_RIGHTS = ['--network', 'none', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges']
const BARE = ['--rm', '--interactive', '--pull', 'never', ...NO_RIGHTS, '--label', 'berth.managed=false']

const checksIn = (text: string): readonly ImageCheck[] =>
  text.split('\n').flatMap((line) => {
    const [result, name, detail] = line.split('\t')
    if (name === undefined || detail === undefined) return []
    return [{ name, ok: result === 'ok', detail }]
  })

/** Where Node comes from, in an image that does not bring it. */
const toolboxMount = (kind: string, toolbox: Toolbox | undefined): readonly string[] => {
  if (kind === 'base' || kind === 'worker') return []
  if (toolbox === undefined) throw new BerthError('toolbox-missing', `verify of a ${kind} image needs the toolbox`)
  return ['--volume', `${toolbox.path}:/opt/berth:ro`]
}

/**
 * Runs the checks of images/verify.sh in a container of the image, without a network, in the first of the engines that has it.
 */
export const verifyImage = async (
  ref: string,
  engines: readonly EngineCli[],
  toolbox: Toolbox | undefined,
  options: InstallOptions,
): Promise<VerifiedImage> => {
  const [{ engine, image }] = await findImage(ref, engines, options)
  const labels = image.Config.Labels ?? {}
  const kind = labels['berth.kind'] ?? 'agent'
  const versions = Object.entries(versionsIn(labels)).filter(([name]) => AGENTS.includes(name))
  const name = `berth-verify-${randomBytes(6).toString('hex')}`
  const words = [
    '--name',
    name,
    ...BARE,
    ...toolboxMount(kind, toolbox),
    '--entrypoint',
    '/bin/sh',
    ref,
    '-s',
    '--',
    kind,
  ]
  const stdin = createReadStream(join(options.root, 'images/verify.sh'))
  options.progress(`verifying ${ref} (${engine.label})`)
  const whole = [...engine.argv, 'run', ...words, ...versions.flat()]
  const { signal: _ended, ...after } = options
  let said: string
  try {
    said = await run(whole, options, { limitMs: LIMIT_MS, stdin })
  } catch (error) {
    options.signal?.throwIfAborted()
    throw error
  } finally {
    // It outlives an engine's client that is killed.
    await tryRun([...engine.argv, 'rm', '--force', name], after, { limitMs: 30_000 })
  }
  const checks = checksIn(said)
  const ok = checks.length > 0 && checks.every((check) => check.ok)
  return { ref, engine: engine.label, kind, provider: labels['berth.provider'] ?? ALL, ok, checks }
}
