import { chmodSync, chownSync } from 'node:fs'
import type { ContainerSpec } from '../../src/domain/container-spec.ts'
import type { Engine, EngineInfo, LogChunk } from '../../src/engines/engine.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'

export type EngineUnderTest = {
  readonly make: () => Engine
  /** An image with sh, coreutils and stty. */
  readonly image: string
  /** Who the engine runs containers for; files in mounts must belong to it. */
  readonly caller: { readonly uid: number; readonly gid: number }
  /** False: it runs on this machine itself, and what only a container has is not tried. */
  readonly sandbox: boolean
}

const forever = () => new AbortController().signal

/** Text of a stream's chunks, one stream of it. */
export const textOf = async (chunks: AsyncIterable<LogChunk>) => {
  const parts: Record<LogChunk['stream'], Buffer[]> = { stdout: [], stderr: [] }
  for await (const { stream, data } of chunks) parts[stream].push(data)
  return { stdout: Buffer.concat(parts.stdout).toString(), stderr: Buffer.concat(parts.stderr).toString() }
}

export const failure = (work: Promise<unknown>): Promise<{ readonly code: string; readonly message: string }> =>
  work.then(
    () => ({ code: 'none', message: 'it went well' }),
    (error) => ({ code: String(error.code), message: String(error.message) }),
  )

/** An engine with a label of its own; what was made with it goes with its scope. */
export const engineBench = async (under: EngineUnderTest) => {
  const engine = under.make()
  const info: EngineInfo = await engine.info()
  const mark = crypto.randomUUID()
  const labels = { 'berth.test': mark }
  const folder = temporaryFolder('berth-engine-')
  chmodSync(folder.path, 0o755)
  let count = 0
  const mine = (path: string) => {
    chownSync(path, under.caller.uid, under.caller.gid)
    return path
  }
  const spec = (script: string, change: Partial<ContainerSpec> = {}): ContainerSpec => {
    count += 1
    return {
      name: `berth-test-${mark.slice(0, 8)}-${count}`,
      image: under.image,
      argv: ['/bin/sh', '-c', script],
      env: {},
      workdir: '/',
      user: under.caller,
      userNamespace: info.userNamespace,
      network: info.sandbox ? 'none' : 'engine',
      mounts: [],
      labels,
      memoryBytes: null,
      cpus: null,
      pids: null,
      capDrop: info.sandbox ? ['ALL'] : [],
      noNewPrivileges: info.sandbox,
      ...change,
    }
  }
  const run = async (script: string, change: Partial<ContainerSpec> = {}) => {
    const asked = spec(script, change)
    const id = await engine.create(asked)
    await engine.start(id)
    return { id, spec: asked }
  }
  /** Runs to the end: the log and the exit. */
  const finish = async (script: string, change: Partial<ContainerSpec> = {}) => {
    const { id } = await run(script, change)
    const exit = await engine.wait(id, forever())
    return { id, exit, ...(await textOf(engine.logs(id, { follow: false }, forever()))) }
  }
  return {
    engine,
    info,
    labels,
    folder,
    mine,
    spec,
    run,
    finish,
    signal: forever(),
    async [Symbol.asyncDispose]() {
      for (const { id } of await engine.list(labels)) await engine.remove(id)
      await engine[Symbol.asyncDispose]()
      folder[Symbol.dispose]()
    },
  }
}
