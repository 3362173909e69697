import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { LoginService } from '../../providers/provider.ts'

/** What a login needs of the CLI's own program, as the toolbox has it. Throws Error with a sentence. */
export const programWords = async (
  { title, program }: LoginService,
  toolbox: string,
): Promise<Readonly<Record<string, string>>> => {
  if (program === undefined) return {}
  const folder = join(toolbox, program.folder)
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (!entry.isFile() || !/\.[cm]?js$/.test(entry.name)) continue
    const words = program.read(await readFile(join(folder, entry.name), 'utf8'))
    if (words !== undefined) return words
  }
  throw new Error(`the CLI in the toolbox does not say by which client it logs in to ${title}`)
}
