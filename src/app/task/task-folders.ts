import type { Facts } from '../../plan/facts.ts'
import type { Deps } from '../deps.ts'

/** Where a task of that id has its files and its socket. */
export const taskFolders = (
  { installation: { folders } }: Pick<Deps, 'installation'>,
  id: string,
): Facts['folders'] => ({
  task: `${folders.state}/tasks/${id}`,
  socket: `${folders.runtime}/g/${id}`,
})
