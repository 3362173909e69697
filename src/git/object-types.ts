import { type Exec, LIMIT } from './exec.ts'

/** The type of each object, in order; undefined for one that is not there. */
export const objectTypes = async (
  exec: Exec,
  repository: string,
  shas: readonly string[],
  signal?: AbortSignal,
): Promise<readonly (string | undefined)[]> => {
  if (shas.length === 0) return []
  const result = await exec(['--git-dir', repository, 'cat-file', '--batch-check=%(objecttype)'], {
    limitMs: LIMIT.local,
    stdin: shas.map((sha) => `${sha}\n`).join(''),
    ...(signal && { signal }),
  })
  const lines = result.stdout.toString().split('\n')
  return shas.map((_, index) => {
    const line = lines[index] ?? ''
    return /^[a-z]+$/.test(line) ? line : undefined
  })
}
