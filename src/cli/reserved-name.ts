/** Letters that HFS+ leaves out when it compares names. */
const IGNORED = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g

const isGitFolder = (component: string): boolean =>
  /^(\.git|git~\d+)$/i.test((component.replace(IGNORED, '').split(':')[0] ?? '').replace(/[. ]+$/, ''))

/** True for a path that leads out of its folder or into a repository's own, on any file system that takes it for that. */
export const isReservedPath = (path: string): boolean =>
  path.startsWith('/') ||
  path.split('/').some((part) => part === '' || part === '.' || part === '..') ||
  path.split(/[/\\]/).some(isGitFolder)
