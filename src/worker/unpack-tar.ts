import { link, mkdir, open, rm, symlink } from 'node:fs/promises'
import { dirname, join, normalize } from 'node:path'
import { shownName, type TarEntry, tarEntries } from '../std/tar-entries.ts'

const bytesOf = (path: string) => Buffer.from(path, 'latin1')

const within = (folder: string, path: string): string => {
  const clean = normalize(path).replace(/^\/+/, '')
  if (clean.split('/').includes('..')) throw new Error(`unpacked ${shownName(path)}: it leads out of the folder`)
  return join(folder, clean)
}

const writeFile = async (entry: TarEntry, target: string) => {
  await rm(bytesOf(target), { recursive: true, force: true })
  const file = await open(bytesOf(target), 'wx', entry.mode)
  try {
    for await (const piece of entry.pieces()) await file.write(piece)
    await file.chmod(entry.mode)
  } finally {
    await file.close()
  }
}

const putEntry = async (folder: string, entry: TarEntry, links: boolean) => {
  const target = within(folder, entry.path)
  if (entry.type === '5') {
    await mkdir(bytesOf(target), { recursive: true })
    return
  }
  await mkdir(bytesOf(dirname(target)), { recursive: true })
  if (entry.type === '0' || entry.type === '7') return writeFile(entry, target)
  if (!links || (entry.type !== '1' && entry.type !== '2')) return
  await rm(bytesOf(target), { recursive: true, force: true })
  if (entry.type === '2') await symlink(bytesOf(entry.target), bytesOf(target))
  else await link(bytesOf(within(folder, entry.target)), bytesOf(target))
}

/** Unpacks a tar archive (ustar, GNU or pax) of files, folders and, unless they are not wanted, links. Devices and pipes are left out, sparse files refused. */
export const unpackTar = async (
  archive: string,
  folder: string,
  signal: AbortSignal,
  { links }: { readonly links: boolean } = { links: true },
): Promise<void> => {
  const into = Buffer.from(folder).toString('latin1')
  const file = await open(archive, 'r')
  try {
    for await (const entry of tarEntries(file)) {
      signal.throwIfAborted()
      await putEntry(into, entry, links)
    }
  } finally {
    await file.close()
  }
}
