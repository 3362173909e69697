import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BuildStamp } from './install.ts'

/** What this build of Berth needs, or undefined where nothing is built yet. */
export const readStamp = (root: string): BuildStamp | undefined => {
  try {
    return JSON.parse(readFileSync(join(root, 'dist/build.json'), 'utf8')) as BuildStamp
  } catch {
    return undefined
  }
}
