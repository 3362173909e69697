import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Toolbox, ToolboxManifest } from './install.ts'

/** The toolbox with this hash in the first folder that has it: one small file is read. */
export const locateToolbox = async (dirs: readonly string[], hash: string): Promise<Toolbox | undefined> => {
  for (const dir of dirs) {
    const path = join(dir, 'toolbox', hash)
    const text = await readFile(join(path, 'manifest.json'), 'utf8').catch(() => undefined)
    if (text !== undefined) return { path, manifest: JSON.parse(text) as ToolboxManifest }
  }
  return undefined
}
