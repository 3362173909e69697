import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/** Lock files that a killed git left behind; nothing that could hold one is alive. */
export const removeLocks = (repository: string): void => {
  for (const name of ['index.lock', 'HEAD.lock', 'config.lock', 'packed-refs.lock', 'shallow.lock'])
    rmSync(join(repository, name), { recursive: true, force: true })
  try {
    for (const name of readdirSync(join(repository, 'refs/heads'), { recursive: true, encoding: 'utf8' }))
      if (name.endsWith('.lock')) rmSync(join(repository, 'refs/heads', name), { force: true })
  } catch {
    // No repository, no locks.
  }
}
