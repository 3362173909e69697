import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

type Options = { readonly sha: string; readonly borrowFrom?: string; readonly shared?: boolean }

const config = (sha: string, shared: boolean) => {
  const sha256 = sha.length === 64
  return [
    '[core]',
    `\trepositoryformatversion = ${sha256 ? 1 : 0}`,
    '\tbare = true',
    '\tfilemode = true',
    '\tlogAllRefUpdates = false',
    // git sets these modes whatever the umask is, so that any user inside a container can read a mirror
    shared ? '\tsharedRepository = 0644' : '',
    sha256 ? '[extensions]\n\tobjectFormat = sha256' : '',
    '[gc]\n\tauto = 0',
    '',
  ]
    .filter((line, index, all) => line !== '' || index === all.length - 1)
    .join('\n')
}

const folder = (path: string, mode: number) => {
  mkdirSync(path, { recursive: true })
  chmodSync(path, mode)
}

const file = (path: string, text: string, mode: number) => {
  writeFileSync(path, text)
  chmodSync(path, mode)
}

/** An empty mirror was made before anybody knew how its remote names objects. */
const fitConfig = (path: string, text: string): void => {
  const at = join(path, 'config')
  if (readdirSync(join(path, 'objects/pack')).length > 0 || readFileSync(at, 'utf8') === text) return
  file(`${at}.new`, text, 0o644)
  renameSync(`${at}.new`, at)
}

/**
 * A bare repository where there is none: written as files, then renamed. In one go, since two dozen calls take half a
 * millisecond here, five through the thread pool, and `git init` takes a process.
 */
export const bareRepository = (path: string, options: Options): void => {
  const shared = options.shared ?? false
  const [folderMode, fileMode] = shared ? [0o755, 0o644] : [0o700, 0o600]
  if (!existsSync(join(path, 'HEAD'))) {
    const fresh = `${path}.new`
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    rmSync(fresh, { recursive: true, force: true })
    for (const sub of ['', 'objects', 'objects/info', 'objects/pack', 'refs', 'refs/heads', 'refs/tags']) {
      folder(join(fresh, sub), folderMode)
    }
    file(join(fresh, 'config'), config(options.sha, shared), fileMode)
    file(join(fresh, 'HEAD'), 'ref: refs/heads/main\n', fileMode)
    rmSync(path, { recursive: true, force: true })
    renameSync(fresh, path)
  } else if (shared && options.sha !== '') fitConfig(path, config(options.sha, shared))
  if (options.borrowFrom !== undefined) {
    file(join(path, 'objects/info/alternates'), `${join(options.borrowFrom, 'objects')}\n`, fileMode)
  }
}
