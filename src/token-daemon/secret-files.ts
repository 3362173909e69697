import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  lstatSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { makePrivateFolder } from '../std/private-folder.ts'
import { GH_FOLDER, TOKEN_FILE, type TokenPlace } from './protocol.ts'

type Place = Pick<TokenPlace, 'folder' | 'owner' | 'host'>

const FILE_MODE = 0o600

/** Readers see the old content or the new. Whoever opens the file has its mode, whatever the umask is. */
const put = (path: string, text: string, owner: Place['owner']): void => {
  const temporary = join(dirname(path), `.${basename(path)}.tmp`)
  rmSync(temporary, { force: true })
  try {
    const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants
    const file = openSync(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, FILE_MODE)
    try {
      fchmodSync(file, FILE_MODE)
      writeFileSync(file, text)
      if (owner !== null) fchownSync(file, owner.uid, owner.gid)
    } finally {
      closeSync(file)
    }
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
}

/** In the form that gh 2.0 to 2.39 writes; later ones read it, and change nothing where config.yml has a version. */
const ghHosts = (host: string, user: string, token: string): string =>
  `${JSON.stringify(host)}:\n    oauth_token: ${JSON.stringify(token)}\n    user: ${JSON.stringify(user)}\n    git_protocol: https\n`

const GH_CONFIG = 'version: "1"\ngit_protocol: https\nprompt: disabled\n'

/** The files with a task's token, in a folder that its container mounts. */
export const secretFiles = ({ folder, owner, host }: Place) => {
  const gh = join(folder, GH_FOLDER)
  // The launch has made it, unless the daemon runs by itself; a mount holds on to it.
  const make = () => makePrivateFolder(folder, owner)
  return {
    make,
    /** Puts a token in the place of the one before. */
    write({ value, user }: { readonly value: string; readonly user: string }): void {
      make()
      makePrivateFolder(gh, owner)
      put(join(gh, 'config.yml'), GH_CONFIG, owner)
      put(join(gh, 'hosts.yml'), ghHosts(host, user, value), owner)
      put(join(folder, TOKEN_FILE), value, owner)
    },
    /** Removes all secrets; the folder stays, for a container may have it mounted. */
    clear(): void {
      if (lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) return
      for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true, force: true })
    },
  }
}
