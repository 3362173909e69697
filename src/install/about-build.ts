import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { InstallOptions } from './install.ts'
import { tryRun } from './run.ts'

export type AboutBuild = {
  readonly version: string
  readonly license: string
  /** The commit; undefined outside a checkout, and where tracked files differ from it. */
  readonly revision: string | undefined
}

const revisionOf = async (options: InstallOptions): Promise<string | undefined> => {
  if (!existsSync(join(options.root, '.git'))) return undefined
  const git = async (...words: string[]) => {
    const ran = await tryRun(['git', '-C', options.root, ...words], options, { limitMs: 30_000 })
    return ran.code === 0 ? ran.stdout.toString().trim() : undefined
  }
  const changed = await git('status', '--porcelain', '--untracked-files=no')
  return changed === '' ? await git('rev-parse', 'HEAD') : undefined
}

/** What the images of this build of Berth say of their origin. */
export const aboutBuild = async (options: InstallOptions): Promise<AboutBuild> => {
  const text = readFileSync(join(options.root, 'package.json'), 'utf8')
  const { version, license } = JSON.parse(text) as { readonly version: string; readonly license: string }
  return { version, license, revision: await revisionOf(options) }
}
