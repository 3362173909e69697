import { chmodSync, chownSync, lstatSync, mkdirSync } from 'node:fs'

const MODE = 0o700

/** Makes a folder that its owner alone may look into; null: the user of this process. One that is there becomes so. */
export const makePrivateFolder = (path: string, owner: { readonly uid: number; readonly gid: number } | null): void => {
  mkdirSync(path, { recursive: true, mode: MODE })
  if (!lstatSync(path).isDirectory()) throw new Error(`${path} is no folder`)
  chmodSync(path, MODE)
  if (owner !== null) chownSync(path, owner.uid, owner.gid)
}
