import { chmod, mkdir, readdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { BerthError } from '../domain/errors.ts'
import { type Exec, LIMIT, succeeded } from './exec.ts'
import type { Git } from './git.ts'
import { gitWords } from './git-words.ts'

type Input = Parameters<Git['pack']>[0]

/** As a folder of objects that a repository in a sandbox can borrow from. */
export const packCommits = async (exec: Exec, { publish, commits, base, into, signal }: Input): Promise<void> => {
  const folder = `${into}/pack`
  await mkdir(folder, { recursive: true })
  for (const path of [dirname(into), into, folder]) await chmod(path, 0o755)
  const rows = [...commits, ...(base === '' ? [] : [`^${base}`]), '']
  const result = await exec(['--git-dir', publish, 'pack-objects', '--quiet', '--revs', `${folder}/pack`], {
    limitMs: LIMIT.push,
    stdin: rows.join('\n'),
    ...(signal && { signal }),
  })
  if (!succeeded(result))
    throw new BerthError('internal', `packed ${commits.join(', ')} of ${publish}: ${gitWords(result, LIMIT.push)}`)
  for (const name of await readdir(folder)) await chmod(`${folder}/${name}`, 0o644)
}
