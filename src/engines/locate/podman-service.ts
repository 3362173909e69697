import { spawn } from 'node:child_process'
import { closeSync, lstatSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { BerthError } from '../../domain/errors.ts'
import { findProgram } from '../../std/find-program.ts'
import type { Env } from './env.ts'

const IDLE_S = 60
const READY_MS = 15_000
const SOCKET = 'berth-podman.sock'
const USUAL_PATH = '/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin'
const PASSED = ['HOME', 'USER', 'PATH', 'XDG_RUNTIME_DIR', 'XDG_CONFIG_HOME', 'XDG_DATA_HOME', 'LANG']

/** The socket of a service that we start ourselves. Its path alone tells that it is one. */
export const onDemandEndpoint = (env: Env, uid: number): string => {
  const runtime = env['XDG_RUNTIME_DIR']
  const folder = runtime?.startsWith('/') && runtime.length < 60 ? runtime : `/tmp/berth-${uid}-podman`
  return `unix://${join(folder, SOCKET)}`
}

export const isOnDemand = (endpoint: string): boolean => endpoint.endsWith(`/${SOCKET}`)

export const inPath = (env: Env, name: string): string | undefined => findProgram(env['PATH'] || USUAL_PATH, name)

const answers = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ path })
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })

/** A folder in /tmp is anybody's to make: it must be ours and closed to others. */
const ownFolder = (folder: string) => {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const { uid, mode } = lstatSync(folder)
  if (uid !== process.getuid?.() || (mode & 0o022) !== 0) {
    throw new BerthError('engine-permission', `${folder} belongs to another user or is open to others`)
  }
}

/**
 * Starts `podman system service` at the endpoint and waits until it listens. It ends by itself after 60 idle seconds,
 * and does not end with us: containers are followed through it.
 */
export const startPodmanService = async (endpoint: string, env: Env, signal?: AbortSignal): Promise<void> => {
  const path = endpoint.replace('unix://', '')
  const program = inPath(env, 'podman')
  if (program === undefined) throw new BerthError('engine-missing', 'podman is not installed on this machine')
  ownFolder(dirname(path))
  const log = `${path}.log`
  const out = openSync(log, 'w', 0o600)
  const passed = Object.fromEntries(PASSED.flatMap((name) => (env[name] ? [[name, env[name]]] : [])))
  const args = ['system', 'service', `--time=${IDLE_S}`, endpoint]
  const child = spawn(program, args, {
    // Its monitor leaves a file `oom` in the folder it was started in.
    cwd: dirname(path),
    env: { PATH: USUAL_PATH, ...passed },
    detached: true,
    stdio: ['ignore', out, out],
  })
  closeSync(out)
  child.unref()
  let ended = false
  child.once('exit', () => {
    ended = true
  })
  child.once('error', () => {
    ended = true
  })
  const until = Date.now() + READY_MS
  while (Date.now() < until) {
    if (await answers(path)) return
    if (ended) break
    await sleep(15, undefined, { signal })
  }
  const words = readFileSync(log, 'utf8').trim().split('\n').at(-1) ?? ''
  if (!ended) child.kill()
  throw new BerthError(
    'engine-down',
    `podman system service ${endpoint} ${ended ? 'ended' : 'did not answer'}: ${words}`,
  )
}
