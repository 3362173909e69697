import type { EngineCli, InstallOptions } from './install.ts'
import { tryRun } from './run.ts'

/** `docker=URL` or `podman=URL`: an engine that is named rather than found. */
const named = (text: string): EngineCli | undefined => {
  const at = text.indexOf('=')
  const kind = text.slice(0, at)
  const url = text.slice(at + 1)
  if (kind === 'docker') return { kind, label: url, argv: ['docker', '--host', url] }
  if (kind === 'podman') return { kind, label: url, argv: ['podman', '--url', url] }
  return undefined
}

const question = (engine: EngineCli): readonly string[] =>
  engine.kind === 'docker'
    ? [...engine.argv, 'version', '--format', '{{.Server.Version}}']
    : [...engine.argv, 'info', '--format', '{{.Version.Version}}']

/**
 * The engines that answer their own command line: the caller's docker and podman (with DOCKER_HOST and CONTAINER_HOST
 * as they are set) and those named beside them. What does not answer is told by `progress`.
 */
export const findEngines = async (extra: readonly string[], options: InstallOptions): Promise<readonly EngineCli[]> => {
  const found: EngineCli[] = [
    { kind: 'docker', label: 'docker', argv: ['docker'] },
    { kind: 'podman', label: 'podman', argv: ['podman'] },
  ]
  for (const text of extra) {
    const engine = named(text)
    if (engine === undefined) options.progress(`${text}: write an engine as docker=URL or podman=URL`)
    else found.push(engine)
  }
  const answers = await Promise.all(
    found.map(async (engine) => {
      const result = await tryRun(question(engine), options, { limitMs: 10_000 })
      if (result.code === 0) return true
      const why =
        result.error === 'ENOENT' ? `there is no ${engine.kind} command here` : result.stderr.trim().split('\n').at(-1)
      options.progress(`${engine.label} is skipped: ${why || result.end}`)
      return false
    }),
  )
  return found.filter((_, index) => answers[index])
}
