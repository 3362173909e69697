import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { BerthError } from '../../domain/errors.ts'
import type { Env } from './env.ts'

type Config = { readonly currentContext?: unknown }
type Meta = { readonly Endpoints?: { readonly docker?: { readonly Host?: unknown } } }

const readJson = <T>(path: string): T | undefined => {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as T
  } catch {
    return undefined
  }
}

/** The context that the docker CLI would use, undefined where that is its default one. */
export const dockerContext = (env: Env): { readonly name: string; readonly host: string } | undefined => {
  const home = env['HOME']
  const folder = env['DOCKER_CONFIG'] || (home === undefined ? undefined : join(home, '.docker'))
  if (folder === undefined) return undefined
  const named = env['DOCKER_CONTEXT'] || readJson<Config>(join(folder, 'config.json'))?.currentContext
  if (typeof named !== 'string' || named === '' || named === 'default') return undefined
  const path = join(folder, 'contexts', 'meta', createHash('sha256').update(named).digest('hex'), 'meta.json')
  const host = readJson<Meta>(path)?.Endpoints?.docker?.Host
  if (typeof host === 'string' && host !== '') return { name: named, host }
  throw new BerthError('engine-missing', `docker context ${named}: ${path} names no endpoint`, {
    hint: 'List the contexts with `docker context ls`, choose one with `docker context use`, or name an --engine.',
  })
}
