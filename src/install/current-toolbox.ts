import type { InstallOptions, Toolbox } from './install.ts'
import { locateToolbox } from './locate-toolbox.ts'
import { readOverrides, type ToolboxOverride } from './toolbox-override.ts'

type Folders = Pick<InstallOptions, 'install' | 'read'>

/** The folders of an installation, the caller's own first. */
const foldersOf = ({ install, read }: Folders): readonly string[] => [...new Set([install, ...read])]

/** The override that stands in for a toolbox, and the folder that has it: the caller's own before a shared one. */
export const currentOverride = async (
  folders: Folders,
  own: string,
): Promise<{ readonly folder: string; readonly override: ToolboxOverride } | undefined> => {
  for (const folder of foldersOf(folders)) {
    const override = (await readOverrides(folder))[own]
    if (override !== undefined) return { folder, override }
  }
  return undefined
}

/** The toolbox that tasks mount: the build's own one, or the one that `berth image update` made from it. */
export const currentToolbox = async (folders: Folders, own: string): Promise<Toolbox | undefined> => {
  const found = await currentOverride(folders, own)
  const other = found && (await locateToolbox(foldersOf(folders), found.override.toolbox))
  return other ?? (await locateToolbox(folders.read, own))
}
