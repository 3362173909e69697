import { createHash } from 'node:crypto'
import { join } from 'node:path'

/** `<mirrorsDir>/<hash of the URL>-<name to read>.git` */
export const mirrorPath = (mirrorsDir: string, url: string): string => {
  const hash = createHash('sha256').update(url).digest('hex').slice(0, 12)
  const last =
    url
      .replace(/\/+$/, '')
      .replace(/\.git$/, '')
      .split(/[/:]/)
      .at(-1) ?? ''
  const name = last
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[-.]+/, '')
    .slice(0, 40)
  return join(mirrorsDir, `${hash}-${name === '' ? 'repository' : name}.git`)
}
