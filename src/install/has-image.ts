import type { EngineCli, InstallOptions } from './install.ts'
import { tryRun } from './run.ts'

export const hasImage = async ({ argv }: EngineCli, ref: string, options: InstallOptions): Promise<boolean> => {
  const shown = await tryRun([...argv, 'image', 'inspect', '--format', '{{.Id}}', ref], options, { limitMs: 30_000 })
  return shown.code === 0
}
