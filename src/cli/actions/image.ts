import { askedImages } from '../../install/asked-images.ts'
import { buildFamily } from '../../install/build-family.ts'
import { findEngines } from '../../install/find-engines.ts'
import type { EngineCli } from '../../install/install.ts'
import { type ListedImage, listImages } from '../../install/list-images.ts'
import { removeImages } from '../../install/remove-images.ts'
import { inEngines } from '../../install/set-up.ts'
import { verifyImage } from '../../install/verify-image.ts'
import { formatBytes } from '../../std/bytes.ts'
import { table } from '../../std/table.ts'
import { terminalLine } from '../../std/terminal-safe.ts'
import type { Context } from '../context.ts'
import { installation } from '../installation.ts'
import { interruptSignal } from '../interrupt-signal.ts'
import { removeSpares } from '../remove-spares.ts'
import { terminalWidth } from '../terminal.ts'

export type ImageBuildOptions = OnEngines & {
  readonly agent?: string
  readonly tag?: readonly string[]
}

/** Prints the names of the images by content; without a kind the toolbox' folder, as `berth setup` does. */
export const imageBuildAction = async (
  context: Context,
  kinds: readonly string[],
  { engine = [], agent, tag = [], json = false }: ImageBuildOptions,
): Promise<number> => {
  const asked = askedImages(kinds, agent, tag)
  const { options } = installation(context)
  const { images, toolbox } = await inEngines(engine, options, (engines) => buildFamily(asked, engines, options))
  const lines =
    kinds.length === 0 && toolbox !== undefined ? [toolbox.path] : [...new Set(images.map(({ ref }) => ref))]
  const answer = { toolbox: toolbox?.path ?? null, images }
  context.stdout.write(json ? `${JSON.stringify(answer)}\n` : `${lines.join('\n')}\n`)
  return 0
}

const COLUMNS = [
  { title: 'IMAGE', flexible: true },
  { title: 'KIND' },
  { title: 'ENGINE' },
  { title: 'ID' },
  { title: 'SIZE' },
  { title: 'CREATED' },
]

const rowOf = ({ ref, kind, engine, id, size, created }: ListedImage): readonly string[] => [
  ref,
  kind,
  engine,
  id.replace('sha256:', '').slice(0, 12),
  formatBytes(size),
  created.slice(0, 16).replace('T', ' '),
]

export const imageLsAction = async (context: Context, json: boolean): Promise<number> => {
  const { options } = installation(context)
  const images = await listImages(await findEngines([], { ...options, progress: () => {} }), options)
  if (json) {
    context.stdout.write(`${JSON.stringify({ images })}\n`)
    return 0
  }
  const width = terminalWidth(context)
  const lines = table(COLUMNS, images.map(rowOf), width === undefined ? {} : { width })
  context.stdout.write(`${lines.join('\n')}\n`)
  return 0
}

export type OnEngines = { readonly engine?: readonly string[]; readonly json?: boolean }

/** A line for each check; 1 if one fails. */
export const imageVerifyAction = async (
  context: Context,
  ref: string,
  { engine = [], json = false }: OnEngines,
): Promise<number> => {
  const { options, toolbox } = installation(context)
  const signal = interruptSignal('the check was interrupted', 'Run the command again.')
  const verify = async (engines: readonly EngineCli[]) =>
    verifyImage(ref, engines, await toolbox(), { ...options, signal })
  const verified = await inEngines(engine, options, verify)
  // The shell of the image wrote them.
  const checks = verified.checks.map((check) => ({ ...check, name: terminalLine(check.name) }))
  const wide = Math.max(...checks.map(({ name }) => name.length))
  const lines = checks.map(
    ({ name, ok, detail }) => `${ok ? 'ok  ' : 'FAIL'}  ${name.padEnd(wide)}  ${terminalLine(detail)}\n`,
  )
  context.stdout.write(json ? `${JSON.stringify(verified)}\n` : lines.join(''))
  return verified.ok ? 0 : 1
}

export const imageRmAction = async (
  context: Context,
  refs: readonly string[],
  { engine = [], json = false }: OnEngines,
): Promise<number> => {
  const { options } = installation(context)
  // One that waits would hold its image.
  await removeSpares(context)
  const removed = await inEngines(engine, options, (engines) => removeImages(refs, engines, options))
  const lines = removed.map((one) => `${one.ref} (${one.engine})\n`)
  context.stdout.write(json ? `${JSON.stringify({ removed })}\n` : lines.join(''))
  return 0
}
