import type { EngineCli, InstallOptions } from './install.ts'
import { isMissing, tryRun } from './run.ts'

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

/** The engines that answer, and why the others do not. */
export type EnginesFound = {
  readonly engines: readonly EngineCli[]
  readonly silent: readonly { readonly label: string; readonly why: string }[]
}

/**
 * Asks the caller's docker and podman (with DOCKER_HOST and CONTAINER_HOST as they are set), and those named beside them,
 * by their own command lines.
 */
export const askEngines = async (extra: readonly string[], options: InstallOptions): Promise<EnginesFound> => {
  const asked: EngineCli[] = [
    { kind: 'docker', label: 'docker', argv: ['docker'] },
    { kind: 'podman', label: 'podman', argv: ['podman'] },
  ]
  for (const text of extra) {
    const engine = named(text)
    if (engine === undefined) options.progress(`${text}: write an engine as docker=URL or podman=URL`)
    else asked.push(engine)
  }
  const answers = await Promise.all(
    asked.map(async (engine) => {
      const result = await tryRun(question(engine), options, { limitMs: 10_000 })
      if (result.code === 0) return null
      if (isMissing(result)) return `there is no ${engine.kind} command here`
      return result.stderr.trim().split('\n').at(-1) || result.end
    }),
  )
  return {
    engines: asked.filter((_, index) => answers[index] === null),
    silent: asked.flatMap(({ label }, index) => {
      const why = answers[index]
      return why == null ? [] : [{ label, why }]
    }),
  }
}

/** The engines that answer. What does not answer is told by `progress`. */
export const findEngines = async (extra: readonly string[], options: InstallOptions): Promise<readonly EngineCli[]> => {
  const { engines, silent } = await askEngines(extra, options)
  for (const { label, why } of silent) options.progress(`${label} is skipped: ${why}`)
  return engines
}
