import { hostname, release } from 'node:os'
import { podmanMountForm } from '../domain/mount-form.ts'
import { podmanTmpfs } from '../domain/tmpfs-text.ts'
import { apiEngine, type EngineOptions } from './api/api-engine.ts'
import { goArchitecture } from './api/container-info.ts'
import type { Dialect } from './api/dialect.ts'
import { layerOptions } from './api/layer-options.ts'
import { libpodBody, needsLibpod } from './api/libpod-body.ts'
import type { Engine, EngineInfo } from './engine.ts'
import { QUICK_MS } from './http/call.ts'

type Info = {
  readonly version?: { readonly Version?: string }
  readonly host?: {
    readonly arch?: string
    readonly hostname?: string
    readonly kernel?: string
    readonly cgroupVersion?: string
    readonly ociRuntime?: { readonly name?: string }
    readonly cgroupControllers?: readonly string[] | null
    readonly security?: {
      readonly rootless?: boolean
      readonly seccompEnabled?: boolean
      readonly selinuxEnabled?: boolean
      readonly apparmorEnabled?: boolean
    }
  }
}

/** Podman's own API, beside the compatible one. */
const LIBPOD = '/v4.0.0/libpod'

const seccompPath = (option: string | null) => option?.replace(/^seccomp=/, '') ?? null

/** What Podman tells beside what Docker does, and in whose words. */
const ACTIONS: Readonly<Record<string, string | undefined>> = {
  died: 'die',
  remove: 'destroy',
  init: undefined,
  cleanup: undefined,
}

const dialect: Dialect = {
  kind: 'podman',
  // The compatible /info claims limits that a rootless Podman cannot set; the controllers of its own one are right.
  async info(connection, signal): Promise<EngineInfo> {
    const call = { method: 'GET', path: '/info', prefix: LIBPOD, signal, limitMs: QUICK_MS } as const
    const [found, greeting] = await Promise.all([
      connection.json<Info>({ ...call, doing: 'ask what it can' }),
      connection.greet(signal),
    ])
    const rootless = found.host?.security?.rootless === true
    const controllers = found.host?.cgroupControllers ?? []
    return {
      kind: 'podman',
      version: found.version?.Version ?? '',
      apiVersion: greeting.api,
      rootless,
      architecture: goArchitecture(found.host?.arch ?? ''),
      cgroup: found.host?.cgroupVersion === 'v2' ? 'v2' : 'v1',
      limits: {
        memory: controllers.includes('memory'),
        cpus: controllers.includes('cpu'),
        pids: controllers.includes('pids'),
      },
      userNamespace: rootless ? 'keep-id' : 'none',
      logDriver: 'k8s-file',
      inotifyLogs: false,
      layers: true,
      // With any limit given it forgets its configured ones; rootless it passes over all of them.
      ulimits: false,
      gpus: 'cdi',
      // A container's own one is passed over, also by its own create call.
      runtimes: found.host?.ociRuntime?.name === undefined ? [] : [found.host.ociRuntime.name],
      seccomp: found.host?.security?.seccompEnabled === true,
      selinux: found.host?.security?.selinuxEnabled === true,
      apparmor: found.host?.security?.apparmorEnabled === true,
      sameHost: found.host?.kernel === release() && found.host.hostname === hostname(),
      sandbox: true,
    }
  },
  usernsMode: (spec) => (spec.userNamespace === 'keep-id' ? 'keep-id' : ''),
  // Further options of the kernel's are not taken here.
  layer: (layer) => {
    const [, ...own] = layerOptions(layer)
    return { bind: `${layer.over.shared}:${layer.target}:${['O', ...own].join(',')}` }
  },
  mountForm: podmanMountForm,
  tmpfs: podmanTmpfs,
  ownCreate: (spec, info, seccomp) => {
    if (!needsLibpod(spec)) return undefined
    const userns = spec.userNamespace === 'keep-id' ? 'keep-id' : ''
    return { prefix: LIBPOD, body: libpodBody(spec, info, { userns, seccomp: seccompPath(seccomp) }) }
  },
  async inspectMore(connection, id, signal) {
    const path = `/containers/${encodeURIComponent(id)}/json`
    const doing = `look at the runtime of container ${id}`
    const call = { method: 'GET', path, prefix: LIBPOD, signal, limitMs: QUICK_MS, doing } as const
    const { OCIRuntime } = await connection.json<{ readonly OCIRuntime?: string }>(call)
    return OCIRuntime === undefined ? {} : { Runtime: OCIRuntime }
  },
  nameTaken: ({ status, words }) => (status === 500 || status === 409) && words.includes('already in use'),
  notRunning: ({ status, words }) =>
    (status === 409 || status === 500) && /can only kill running|is not running|invalid state/.test(words),
  seccomp: 'path',
  followEndsEarly: true,
  sendLayers: (name) => ({
    prefix: '/v4.0.0/libpod',
    path: `/images/${encodeURIComponent(name)}/push`,
    query: { destination: name, quiet: 'false' },
  }),
  makesMissingFolders: true,
  action: (action) => (action in ACTIONS ? ACTIONS[action] : action),
}

/** Podman's compatible API, rootful or rootless. */
export const podman = (options: EngineOptions): Engine => apiEngine(dialect, options)
