/** Bound of a git process that reads all paths of a commit: git holds them in memory, and a few trees can name billions. */
export const MOST_TREE_MEMORY = 512 * 1024 ** 2

/** Git maps packs in pieces of this size: the default is larger than the bounds of memory here. */
export const PACK_WINDOWS = ['-c', 'core.packedGitWindowSize=64m', '-c', 'core.packedGitLimit=256m'] as const
