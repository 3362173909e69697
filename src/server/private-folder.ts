import { chmodSync, mkdirSync, statSync } from 'node:fs'
import { BerthError } from '../domain/errors.ts'

/** Makes a folder of ours alone: in a place that everybody may write, its owner is looked at. */
export const privateFolder = (path: string): void => {
  mkdirSync(path, { recursive: true, mode: 0o700 })
  const { uid } = statSync(path)
  if (uid !== process.getuid?.()) throw new BerthError('state-not-writable', `${path} belongs to uid ${uid}`)
  chmodSync(path, 0o700)
}
