/** True if a path is the root or lies beneath it. Both are real paths. */
export const isBeneath = (root: string, path: string): boolean =>
  root === '/' || path === root || path.startsWith(`${root}/`)
