import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { type ClientContext, clientPaths, ownRuntime, workingFolder } from '../client/context.ts'
import { BerthError } from '../domain/errors.ts'
import { BUILD } from '../std/build-id.ts'

const LEAST = [22, 23] as const

/** Refuses a Node in which the supervisor could not run. */
export const refuseOldNode = (version: string): void => {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major > LEAST[0] || (major === LEAST[0] && minor >= LEAST[1])) return
  throw new BerthError('usage', `Berth needs Node ${LEAST.join('.')} or newer, and this one is ${version}`, {
    hint: 'Run the program with a newer Node.',
  })
}

/** The path of a unix socket in `host`; undefined without one. */
export const socketOf = (host: string | undefined, token: string | undefined): string | undefined => {
  if (host === undefined && token === undefined) return undefined
  const path = /^unix:\/\/(\/.+)$/.exec(host ?? '')?.[1]
  if (path !== undefined && token === undefined) return path
  const hint = 'Leave host and token out, or name the socket of a supervisor of this machine: unix:///PATH.'
  if (path !== undefined || host === undefined)
    throw new BerthError('usage', 'token: a supervisor of this machine takes no token', { hint })
  throw new BerthError('usage', `host ${host.slice(0, 200)}: Berth does not serve over the network yet`, { hint })
}

/** The Node that came with the package, as the command takes it first; else this one, whatever program it is a part of. */
export const nodeOf = (entry: string): string => {
  const root = dirname(dirname(entry))
  const path = `node-linux-${process.arch}/bin/node`
  const found = [join(root, 'node_modules', path), join(dirname(root), path)].find((one) => existsSync(one))
  return found ?? process.execPath
}

/** This process as the library passes it on: its environment and its folder as they are at each call. */
export const libraryContext = (home: string | undefined, socket: string | undefined): ClientContext => {
  const uid = process.getuid?.() ?? 0
  const folder = home === undefined ? {} : { BERTH_HOME: resolve(home) }
  const envNow = () => ownRuntime({ ...process.env, ...folder }, uid)
  const paths = clientPaths(envNow(), uid)
  return {
    get env() {
      return envNow()
    },
    get cwd() {
      return workingFolder()
    },
    uid,
    gid: process.getgid?.() ?? 0,
    node: nodeOf(paths.entry),
    // A supervisor that was named is taken as it is: it does not step down for another build.
    build: socket === undefined ? BUILD : '*',
    paths: socket === undefined ? paths : { ...paths, socket },
  }
}
