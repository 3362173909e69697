import { createHash } from 'node:crypto'
import { chmod, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Exec, LIMIT, succeeded } from './exec.ts'

const FILE = 'berth-seen'
const MIRRORED = /^refs\/(heads|tags)\/.*(?<!\^\{\})$/

/** What Berth pushes by itself is no news: each task would make the next one fetch. It comes along with what is. */
const OWN = /^refs\/heads\/berth\/t-[^/]+$/

/** One name for all branches and tags, and what they point to, less the branches of tasks. */
export const refsDigest = (refs: Iterable<readonly [string, string]>): string => {
  const rows = [...refs]
    .filter(([name]) => MIRRORED.test(name) && !OWN.test(name))
    .map(([name, sha]) => `${sha} ${name}\n`)
  return createHash('sha256').update(rows.sort().join('')).digest('hex')
}

/** Whole or not at all, and readable for every user, whatever the umask is. */
const put = async (path: string, text: string): Promise<void> => {
  await writeFile(`${path}.new`, text)
  await chmod(`${path}.new`, 0o644)
  await rename(`${path}.new`, path)
}

/** What the mirror's branches and tags were after the last fetch. */
export const readSeen = async (mirror: string): Promise<string | undefined> =>
  (await readFile(join(mirror, FILE), 'utf8').catch(() => undefined))?.trim()

/** The mirror's branches and tags: the commit or tag of each, and its name. Undefined where git does not say. */
export const mirroredRefs = async (
  local: Exec,
  mirror: string,
): Promise<readonly (readonly [name: string, sha: string])[] | undefined> => {
  const format = '--format=%(objectname) %(refname)'
  const result = await local(['--git-dir', mirror, 'for-each-ref', format, 'refs/heads', 'refs/tags'], {
    limitMs: LIMIT.local,
    maxBytes: 256 * 1024 * 1024,
  })
  if (!succeeded(result)) return undefined
  const rows = result.stdout.toString().split('\n').filter(Boolean)
  return rows.map((row) => [row.slice(row.indexOf(' ') + 1), row.slice(0, row.indexOf(' '))])
}

export const writeSeen = async (
  mirror: string,
  refs: NonNullable<Awaited<ReturnType<typeof mirroredRefs>>>,
): Promise<void> => {
  await put(join(mirror, FILE), `${refsDigest(refs)}\n`)
}

/** The branch that the remote's HEAD names, as the mirror's own HEAD says it. */
export const writeHead = async (mirror: string, ref: string): Promise<void> => {
  const text = `ref: ${ref}\n`
  if ((await readFile(join(mirror, 'HEAD'), 'utf8').catch(() => '')) === text) return
  await put(join(mirror, 'HEAD'), text)
}
