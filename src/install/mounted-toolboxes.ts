import { readdir, readFile, readlink } from 'node:fs/promises'

/**
 * Names of the toolboxes that some process can see: the kernel's own word, whichever engine mounted them. Of other
 * users' processes an ordinary user sees nothing, but nor can he remove what root has installed.
 */
export const mountedToolboxes = async (): Promise<ReadonlySet<string>> => {
  const names = new Set<string>()
  const processes = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name))
  for (const id of processes) {
    const text = await readFile(`/proc/${id}/mountinfo`, 'utf8').catch(() => '')
    const program = await readlink(`/proc/${id}/exe`).catch(() => '')
    for (const match of `${text}\n${program}`.matchAll(/\/toolbox\/([0-9a-f]{12})(?=[ /]|$)/gm))
      names.add(match[1] ?? '')
  }
  return names
}
