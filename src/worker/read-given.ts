import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import type { FrameBody, WorkOrder } from '../domain/worker-protocol.ts'
import { errorMessage } from '../std/error-message.ts'
import { readHomeFile } from '../std/read-home-file.ts'

type Given = Extract<FrameBody, { k: 'given' }>

/** Tells whether the agent's user can read the files that were put into its home, and whose they are. */
export const readGiven = ({ given = [], paths }: Pick<WorkOrder, 'given' | 'paths'>): readonly Given[] =>
  given.map((path): Given => {
    try {
      const bytes = readHomeFile(paths.home, path)
      if (bytes === undefined) return { k: 'given', path, problem: 'it is not there' }
      const { mode, uid, gid } = lstatSync(join(paths.home, path))
      return { k: 'given', path, mode: (mode & 0o7777).toString(8), owner: `${uid}:${gid}` }
    } catch (error) {
      return { k: 'given', path, problem: errorMessage(error) }
    }
  })
