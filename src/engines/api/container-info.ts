import type { ContainerExit, ContainerInfo, ContainerState, ImageInfo } from '../engine.ts'
import type { WireContainer, WireImage, WireState } from './wire-types.ts'

const STATES: Readonly<Record<string, ContainerState>> = {
  configured: 'created',
  created: 'created',
  initialized: 'created',
  running: 'running',
  restarting: 'running',
  stopping: 'running',
  paused: 'paused',
  stopped: 'exited',
  exited: 'exited',
  removing: 'removing',
  dead: 'dead',
}

/** The zero time of Go is none. */
const time = (text: string | undefined) => (text === undefined || text === '' || text.startsWith('0001-') ? null : text)

export const containerExit = (state: WireState): ContainerExit => ({
  code: state.ExitCode ?? 0,
  oom: state.OOMKilled === true,
  error: state.Error === undefined || state.Error === null || state.Error === '' ? null : state.Error,
})

export const containerInfo = (wire: WireContainer): ContainerInfo => {
  const found = wire.State ?? {}
  const state = STATES[found.Status ?? ''] ?? (found.Running === true ? 'running' : 'dead')
  const ended = state === 'exited' || state === 'dead'
  return {
    id: wire.Id,
    name: (wire.Name ?? '').replace(/^\//, ''),
    state,
    pid: found.Pid === undefined || found.Pid === 0 || ended ? null : found.Pid,
    image: wire.Config?.Image ?? wire.Image ?? '',
    exit: ended ? containerExit(found) : null,
    startedAt: time(found.StartedAt),
    finishedAt: ended ? time(found.FinishedAt) : null,
    labels: wire.Config?.Labels ?? {},
  }
}

const ARCHITECTURES: Readonly<Record<string, string>> = { x86_64: 'amd64', aarch64: 'arm64' }

/** Of an architecture in any spelling, Go's. */
export const goArchitecture = (name: string): string => ARCHITECTURES[name] ?? name

export const imageInfo = (wire: WireImage): ImageInfo => ({
  id: wire.Id.startsWith('sha256:') ? wire.Id : `sha256:${wire.Id}`,
  digest: wire.RepoDigests?.[0]?.split('@')[1] ?? null,
  architecture: goArchitecture(wire.Architecture ?? ''),
  os: wire.Os ?? 'linux',
  sizeBytes: wire.Size ?? 0,
  tags: (wire.RepoTags ?? []).filter((tag) => tag !== '<none>:<none>'),
  createdAt: typeof wire.Created === 'number' ? new Date(wire.Created * 1000).toISOString() : (wire.Created ?? ''),
  labels: wire.Config?.Labels ?? wire.Labels ?? {},
  path: wire.Config?.Env?.find((pair) => pair.startsWith('PATH='))?.slice(5) ?? null,
  user: wire.Config?.User ?? '',
})
