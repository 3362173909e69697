import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { BerthError } from '../../domain/errors.ts'
import type { Engine } from '../../engines/engine.ts'
import { writeFileDurably } from '../../std/write-file-durably.ts'
import { recordProbe, removeProbe } from '../container/probe-record.ts'
import { probeSpec } from '../container/probe-spec.ts'
import type { Trial } from '../deps.ts'

const LIMIT_MS = 30_000
const TAR_BLOCK = 512
const MISSING = /does not exist|no such file or directory|not a directory/i

type Folder = { readonly name: string; readonly path: string; readonly file: string; readonly content: Buffer }
const targetOf = (index: number) => `/berth-probe-${index}`

const specOf = (name: string, image: string, { folders, state }: { folders: readonly Folder[]; state: string }) =>
  probeSpec(state, {
    name,
    image,
    argv: ['/bin/true'],
    mounts: folders.map(({ path }, i) => ({ role: 'volume', source: path, target: targetOf(i), readOnly: true })),
  })

/** Of an archive of one file: its content. */
const contentOf = async (archive: AsyncIterable<Buffer>, size: number): Promise<Buffer> => {
  const parts: Buffer[] = []
  for await (const part of archive) parts.push(part)
  return Buffer.concat(parts).subarray(TAR_BLOCK, TAR_BLOCK + size)
}

const sees = async (
  engine: Engine,
  id: string,
  { path, signal }: { path: string; signal: AbortSignal },
  wanted: Buffer,
) => {
  try {
    return (await contentOf(engine.getArchive(id, path, signal), wanted.length)).equals(wanted)
  } catch (error) {
    if (error instanceof BerthError && error.code === 'engine-error') return false
    throw error
  }
}

/** The folders that the engine does not see as this machine has them: a container with them is made, looked into, removed. */
const unseen = async (
  { engine, image, signal }: Trial,
  name: string,
  at: { readonly folders: readonly Folder[]; readonly state: string },
): Promise<readonly Folder[]> => {
  const { folders } = at
  try {
    const id = await engine.create(specOf(name, image.id, at), signal)
    const seen = await Promise.all(
      folders.map(({ file, content }, i) => sees(engine, id, { path: `${targetOf(i)}/${file}`, signal }, content)),
    )
    return folders.filter((_, i) => !seen[i])
  } catch (error) {
    if (!(error instanceof BerthError) || error.code !== 'engine-error' || !MISSING.test(error.message)) throw error
    const named = folders.filter(({ path }) => error.message.includes(path))
    return named.length > 0 ? named : folders
  }
}

/**
 * Refuses an engine that does not share this machine's files, by trying: what Berth mounts would be empty folders of
 * another machine. Tried once for an endpoint while the supervisor lives; a socket of an engine that runs on this kernel
 * under this host's name needs no trial.
 */
export const filesChecker = ({ state, runtime }: { readonly state: string; readonly runtime: string }) => {
  const shared = new Set<string>()
  return async (input: Trial): Promise<void> => {
    const { engine, info, toolbox } = input
    const key = `${engine.endpoint} ${toolbox.hash}`
    if (shared.has(key) || (info.sameHost === true && engine.endpoint.startsWith('unix://'))) return
    const signal = AbortSignal.any([input.signal, AbortSignal.timeout(LIMIT_MS)])
    const name = await recordProbe(state, { kind: info.kind, endpoint: engine.endpoint })
    const file = `${name}.json`
    const mark = Buffer.from(name)
    try {
      const [content, manifest] = await Promise.all([
        readFile(join(state, file)),
        readFile(join(toolbox.path, 'manifest.json')),
        writeFileDurably(join(runtime, file), name),
      ])
      const folders: readonly Folder[] = [
        { name: 'state folder', path: state, file, content },
        { name: 'folder of sockets', path: runtime, file, content: mark },
        { name: 'toolbox', path: toolbox.path, file: 'manifest.json', content: manifest },
      ]
      const missing = await unseen({ ...input, signal }, name, { folders, state })
      if (missing.length > 0) {
        const list = missing.map((folder) => `the ${folder.name} ${folder.path}`).join(', ')
        throw new BerthError(
          'engine-elsewhere',
          `${info.kind} at ${engine.endpoint} does not share this machine's files: it does not see ${list}`,
        )
      }
      shared.add(key)
    } finally {
      await rm(join(runtime, file), { force: true }).catch(() => {})
      // What stays is removed by the next supervisor.
      await removeProbe(state, engine, name).catch(() => {})
    }
  }
}
