import type { TaskRecord } from '../domain/task.ts'
import type { Usage } from '../domain/usage.ts'
import { formatDuration } from '../std/duration.ts'

/** Beginning of a commit's name, as git shows it. */
export const shortSha = (sha: string | null): string => (sha ?? '').slice(0, 7)

/** `1 commit`, `2 commits`. */
export const counted = (count: number, thing: string): string => `${count} ${thing}${count === 1 ? '' : 's'}`

/** A number with commas between its thousands. */
export const thousands = (count: number): string => String(count).replace(/\B(?=(\d{3})+$)/g, ',')

export const usageWords = (usage: Usage): string => {
  const cached = usage.cachedTokens > 0 ? ` (${thousands(usage.cachedTokens)} cached)` : ''
  const cost = usage.costUsd ? `, $${usage.costUsd.toPrecision(2)} by its own count` : ''
  return `${thousands(usage.inputTokens)} tokens in${cached}, ${thousands(usage.outputTokens)} out${cost}`
}

/** Time between two instants as people say it, e.g. `2m5s`; empty where one is not known. */
export const took = (from: string | null, to: string | null): string => {
  if (from === null || to === null) return ''
  const ms = Date.parse(to) - Date.parse(from)
  return Number.isNaN(ms) ? '' : formatDuration(ms < 1000 ? ms : Math.round(ms / 1000) * 1000, 2)
}

/** How long ago, in one unit: `5s`, `3m`, `2d`. */
export const age = (at: string, now: number): string => formatDuration(Math.max(1000, now - Date.parse(at)), 1)

/** `owner/name` of a URL, or the last folder of a path. */
export const shortRepository = (url: string | null): string => {
  if (url === null) return ''
  const path = url.replace(/^[a-z+]+:\/\/[^/]*/i, '').replace(/^[^/]*@[^:]*:/, '')
  const parts = path
    .replace(/\.git\/?$/, '')
    .split('/')
    .filter((part) => part !== '')
  return parts.slice(-2).join('/') || url
}

/** The folder of a repository, behind what is said of it; empty if its task has no other repository. */
export const inFolder = ({ repository: { folder } }: Pick<TaskRecord, 'repository'>): string =>
  folder === undefined ? '' : ` (${folder})`
