import { chmod, copyFile, link, mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { bareRepository } from './bare-repository.ts'
import { type Exec, LIMIT, succeeded } from './exec.ts'
import { gitWords } from './git-words.ts'

type Input = { readonly mirror: string; readonly into: string; readonly signal?: AbortSignal }

const FOLDER = /^(pack|[0-9a-f]{2})$/
const FILE = /^(pack-[0-9a-f]+\.(pack|idx|rev)|[0-9a-f]{38,62})$/
const MOST_BYTES = 256 * 1024 ** 2

/** A hard link; a copy where the file system has none. */
const bring = async (from: string, to: string): Promise<void> => {
  try {
    await link(from, to)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') return
    if (code !== 'EXDEV' && code !== 'EPERM' && code !== 'EMLINK') throw error
    await copyFile(from, `${to}.new`)
    await chmod(`${to}.new`, 0o444)
    await rename(`${to}.new`, to)
  }
}

/** Git finds a pack by its index, so that comes last. */
const packFirst = (names: readonly string[]): readonly string[] =>
  names.toSorted((a, b) => Number(a.endsWith('.idx')) - Number(b.endsWith('.idx')))

const put = async (path: string, text: string): Promise<void> => {
  await writeFile(`${path}.new`, text)
  await chmod(`${path}.new`, 0o644)
  await rename(`${path}.new`, path)
}

/** Brings objects, branches and tags of a mirror into a bare repository that outlives it. */
export const copyMirror = async (exec: Exec, { mirror, into, signal }: Input): Promise<void> => {
  const format = '--format=%(objectname) %(refname)'
  const listed = await exec(['--git-dir', mirror, 'for-each-ref', format, 'refs/heads', 'refs/tags'], {
    ...{ limitMs: LIMIT.local, maxBytes: MOST_BYTES },
    ...(signal && { signal }),
  })
  if (!succeeded(listed)) throw new Error(`read the branches of ${mirror}: ${gitWords(listed, LIMIT.local)}`)
  const config = await readFile(join(mirror, 'config'), 'utf8')
  bareRepository(into, { sha: /objectformat = sha256/i.test(config) ? '0'.repeat(64) : '', shared: true })
  for (const folder of (await readdir(join(mirror, 'objects'))).filter((name) => FOLDER.test(name))) {
    const [from, to] = [join(mirror, 'objects', folder), join(into, 'objects', folder)]
    await mkdir(to, { recursive: true })
    await chmod(to, 0o755)
    for (const name of packFirst((await readdir(from)).filter((one) => FILE.test(one))))
      await bring(join(from, name), join(to, name))
  }
  await put(join(into, 'packed-refs'), `# pack-refs with: sorted \n${listed.stdout}`)
  await put(join(into, 'HEAD'), await readFile(join(mirror, 'HEAD'), 'utf8'))
}
