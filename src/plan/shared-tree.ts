import { posix } from 'node:path'
import type { ContainerSpec } from '../domain/container-spec.ts'
import type { TaskRequest } from '../domain/request.ts'
import type { Continuation, Facts } from './facts.ts'
import type { SharedTree } from './plan.ts'

/**
 * The shared tree below the workspace; undefined: the workspace has all files. A task stays on the tree that it began
 * with, and a workspace that began without one stays without.
 */
export const planTree = (
  request: TaskRequest,
  facts: Facts,
  { next, user }: { readonly next: Continuation; readonly user: ContainerSpec['user'] },
): SharedTree | undefined => {
  const { source } = facts
  if (source.kind !== 'clone' || facts.host !== null) return undefined
  if (source.tree !== undefined) return source.tree
  if (!request.sharedTree || source.sha === '' || next.turn > 1) return undefined
  const { dir, name } = posix.parse(source.mirror)
  const folder = `${posix.dirname(dir)}/trees/${name}/${source.sha}-${user.uid}-${user.gid}`
  return { sha: source.sha, folder }
}
