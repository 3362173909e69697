import { chmod, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Exec, LIMIT } from './exec.ts'

const PINS = 'refs/berth/base'

export const pinRef = (pin: string): string => {
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]{0,100}$/.test(pin)) throw new TypeError(`not the name of a pin: ${pin}`)
  return `${PINS}/${pin}`
}

/** Keeps `sha` alive in the mirror: a loose ref, written as git writes one. */
export const pinBase = async (mirror: string, pin: string, sha: string): Promise<void> => {
  const path = join(mirror, pinRef(pin))
  const folder = join(mirror, PINS)
  await mkdir(folder, { recursive: true })
  await chmod(join(mirror, 'refs/berth'), 0o755)
  await chmod(folder, 0o755)
  await writeFile(`${path}.lock`, `${sha}\n`)
  await chmod(`${path}.lock`, 0o644)
  await rename(`${path}.lock`, path)
}

const MOST_READ = 200

/** True where a pin says that the mirror holds this commit: it was checked when it was pinned. */
export const isPinned = async (mirror: string, sha: string): Promise<boolean> => {
  const names = await readdir(join(mirror, PINS)).catch(() => [])
  for (const name of names.slice(0, MOST_READ)) {
    const text = await readFile(join(mirror, PINS, name), 'utf8').catch(() => '')
    if (text.trim() === sha) return true
  }
  return false
}

export const unpinBase = async (exec: Exec, mirror: string, pin: string): Promise<void> => {
  const ref = pinRef(pin)
  await rm(join(mirror, ref), { force: true })
  const packed = await readFile(join(mirror, 'packed-refs'), 'utf8').catch(() => '')
  if (packed.includes(` ${ref}\n`)) {
    await exec(['--git-dir', mirror, 'update-ref', '-d', ref], { limitMs: LIMIT.local })
  }
}
