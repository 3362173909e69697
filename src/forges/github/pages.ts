import { strange } from './api-error.ts'

/** Entries on a page of a list, the most that GitHub gives. */
export const PAGE = 100
/** Lists that are longer are cut: a branch with so many pull requests, a pull request with so many reviews. */
const PAGES = 5

/** All entries of a list, up to a limit. */
export const pages = async <T>(page: (number: number) => Promise<readonly T[]>): Promise<readonly T[]> => {
  const all: T[] = []
  for (let number = 1; number <= PAGES; number += 1) {
    const found = await page(number)
    if (!Array.isArray(found)) throw strange('asked GitHub for a list', 'it told none')
    all.push(...found)
    if (found.length < PAGE) break
  }
  return all
}
