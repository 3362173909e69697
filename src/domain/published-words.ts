import type { WorkPart } from './task.ts'
import { folderOf } from './work-part.ts'

type Published = Pick<WorkPart, 'pr' | 'pushed' | 'repository'>

const listed = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`

/** Where the work of a task's repositories was pushed, and its pull requests; each repository by its folder if there are several. */
export const publishedWords = (parts: readonly Published[]): string => {
  const pushed = parts.filter((part) => part.pushed !== null)
  const branches = Map.groupBy(pushed, (part) => part.pushed?.branch ?? '')
  const pushes = [...branches].map(([branch, those]) => {
    const folders = those.map(folderOf).filter((folder) => folder !== '')
    return folders.length === 0 ? branch : `${branch} to ${listed(folders)}`
  })
  const opened = pushed.flatMap(({ pr, repository: { folder } }) =>
    pr === undefined ? [] : [`#${pr.number}${folder === undefined ? '' : ` (${folder})`}`],
  )
  const requests = opened.length === 0 ? '' : `, pull request${opened.length > 1 ? 's' : ''} ${listed(opened)}`
  return `pushed ${listed(pushes)}${requests}`
}
