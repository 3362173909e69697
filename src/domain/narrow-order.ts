import { bundleFile, type CloneWorkspace, type WorkOrder } from './worker-protocol.ts'

/** An order as if its task had this repository alone. */
export type NarrowOrder = WorkOrder & { readonly workspace: CloneWorkspace }

/**
 * An order for each repository, the main one first: what works for a task with one repository works for each of them.
 * Empty: the task has no clone.
 */
export const ordersOf = ({ further = [], ...order }: WorkOrder): readonly NarrowOrder[] => {
  const { workspace, paths } = order
  if (workspace.kind !== 'clone') return []
  return [workspace, ...further].map(({ folder, ...clone }, index) => ({
    ...order,
    workspace: clone,
    ...(folder === undefined ? {} : { paths: { ...paths, work: `${paths.work}/${folder}` } }),
    ...(index === 0 ? {} : { bundle: bundleFile(index) }),
  }))
}
