import { lstatSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { makePrivateFolder } from '../std/private-folder.ts'
import { putPrivateFile } from '../std/put-private-file.ts'
import { GH_FOLDER, TOKEN_FILE, type TokenPlace } from './protocol.ts'

type Place = Pick<TokenPlace, 'folder' | 'owner' | 'host'>

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
      putPrivateFile(join(gh, 'config.yml'), GH_CONFIG, owner)
      putPrivateFile(join(gh, 'hosts.yml'), ghHosts(host, user, value), owner)
      putPrivateFile(join(folder, TOKEN_FILE), value, owner)
    },
    /** Removes all secrets; the folder stays, for a container may have it mounted. */
    clear(): void {
      if (lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) return
      for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true, force: true })
    },
  }
}
