import { lstatSync, mkdirSync } from 'node:fs'
import { gitWords, type RunGit } from '../inside/git-runner.ts'
import { removeTree } from '../std/remove-tree.ts'

const MODULE_ROW = /^160000 [0-9a-f]+ 0\t(.+)$/s

const bytesOf = (path: string) => Buffer.from(path, 'latin1')

/** Puts an empty folder there. Links and files on the way become folders, too. */
const putFolder = async (work: string, path: string): Promise<void> => {
  const parts = path.split('/')
  for (const at of parts.keys()) {
    const place = bytesOf(`${work}/${parts.slice(0, at + 1).join('/')}`)
    const isOnTheWay = at < parts.length - 1
    const there = lstatSync(place, { throwIfNoEntry: false })
    if (isOnTheWay && there?.isDirectory() === true) continue
    if (there !== undefined) await removeTree(place)
    mkdirSync(place)
  }
}

/** Leaves an empty folder for each submodule in the index, as a fresh clone has it. Follows no link. */
export const emptyModules = async (work: string, git: RunGit): Promise<void> => {
  const listed = await git(['ls-files', '--stage', '-z'], { bytes: true })
  if (listed.code !== 0) throw new Error(`listed the submodules in ${work}: ${gitWords(listed)}`)
  const top = Buffer.from(work).toString('latin1')
  for (const row of listed.stdout.split('\0')) {
    const path = MODULE_ROW.exec(row)?.[1]
    if (path !== undefined) await putFolder(top, path)
  }
}
