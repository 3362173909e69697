import { chmod, mkdir, rename, rm, stat, writeFile } from 'node:fs/promises'
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

const exists = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  )

const folder = async (path: string, mode: number) => {
  await mkdir(path, { recursive: true })
  await chmod(path, mode)
}

const file = async (path: string, text: string, mode: number) => {
  await writeFile(path, text)
  await chmod(path, mode)
}

/** A bare repository where there is none: written as files (a few hundred microseconds, `git init` takes a process), then renamed. */
export const bareRepository = async (path: string, options: Options): Promise<void> => {
  const shared = options.shared ?? false
  const [folderMode, fileMode] = shared ? [0o755, 0o644] : [0o700, 0o600]
  if (!(await exists(join(path, 'HEAD')))) {
    const fresh = `${path}.new`
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    await rm(fresh, { recursive: true, force: true })
    for (const sub of ['', 'objects', 'objects/info', 'objects/pack', 'refs', 'refs/heads', 'refs/tags']) {
      await folder(join(fresh, sub), folderMode)
    }
    await file(join(fresh, 'config'), config(options.sha, shared), fileMode)
    await file(join(fresh, 'HEAD'), 'ref: refs/heads/main\n', fileMode)
    await rm(path, { recursive: true, force: true })
    await rename(fresh, path)
  }
  if (options.borrowFrom !== undefined) {
    await file(join(path, 'objects/info/alternates'), `${join(options.borrowFrom, 'objects')}\n`, fileMode)
  }
}
