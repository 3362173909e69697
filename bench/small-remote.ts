import { join } from 'node:path'
import { makeBare } from '../test/fixtures/remotes/make-repository.ts'

/** A bare repository with twenty small files, and the options of a task that commits to it and pushes. */
export const smallRemote = (folder: string) => {
  const files = Array.from({ length: 20 }, (_, i) => [`file-${i}.txt`, `${i}\n`.repeat(200)])
  const remote = makeBare(join(folder, 'remote.git'), Object.fromEntries(files))
  return { remote, job: ['--repo', remote, '--branch', 'main', '--provider-arg', 'commit=made.txt'] as const }
}
