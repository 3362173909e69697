import { faultPoint } from '../../std/fault-point.ts'
import type { LiveTask } from './live-task.ts'
import { forgetWorkspace } from './remove-named.ts'

/** Says in an ended task that its workspace is another task's now, and forgets the folder. A second call goes on. */
export const giveWorkspace = async (
  live: Pick<LiveTask, 'commit' | 'folder' | 'record'>,
  { path, to }: { readonly path: string; readonly to: string },
): Promise<void> => {
  if (live.record.givenTo !== to) await live.commit({ type: 'workspace.given', workspace: path, to })
  faultPoint('workspace.given')
  forgetWorkspace(live.folder)
}
