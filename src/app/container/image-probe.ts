import type { ImageFit } from '../../domain/image-fit.ts'

/** Looks at an image from inside; its word is the image's user. */
export const IMAGE_PROBE = `
const { accessSync, constants, readFileSync, writeSync } = require('node:fs')
const { spawnSync } = require('node:child_process')
const allowed = (path) => { try { accessSync(path, constants.W_OK | constants.X_OK); return true } catch { return false } }
const lines = (path) => { try { return readFileSync(path, 'utf8').split('\\n') } catch { return [] } }
const known = (path, name) => /^\\d*$/.test(name) || lines(path).some((line) => line.startsWith(name + ':'))
const [user = '', group = ''] = (process.argv[1] ?? '').split(':')
writeSync(1, JSON.stringify({
  shell: spawnSync('/bin/sh', ['-c', 'exit 7']).status === 7,
  temporary: allowed('/tmp'),
  unknown: [...(known('/etc/passwd', user) ? [] : [user]), ...(known('/etc/group', group) ? [] : [group])],
}))`

/** What the probe said; undefined where it did not come so far. */
export const readFit = (text: string): ImageFit | undefined => {
  try {
    const { shell, temporary, unknown } = JSON.parse(text) as Partial<ImageFit>
    if (typeof shell !== 'boolean' || typeof temporary !== 'boolean' || !Array.isArray(unknown)) return undefined
    return { shell, temporary, unknown }
  } catch {
    return undefined
  }
}
