import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { engineAt } from '../../src/engines/locate/engine-at.ts'
import { inPath } from '../../src/engines/locate/podman-service.ts'
import { failure } from '../conformance/engine-bench.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'

/** Processes whose command line names this path. */
const naming = (path: string): readonly number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(path)
      } catch {
        return false
      }
    })
    .map(Number)

describe('a podman without a socket', () => {
  it('gets a service when it is needed, and another when that has ended', async () => {
    using folder = temporaryFolder('berth-demand-')
    const path = folder.at('berth-podman.sock')
    const env = { PATH: process.env['PATH'], HOME: process.env['HOME'], XDG_RUNTIME_DIR: folder.path }
    await using engine = engineAt('podman', `unix://${path}`, env)
    const list = () => engine.list({ 'berth.test': 'nothing-of-this-label' })
    if (inPath(env, 'podman') === undefined) {
      expect(await failure(list())).toMatchObject({ code: 'engine-missing' })
      return
    }
    try {
      expect(await list()).toEqual([])
      const [first] = naming(path)
      expect(first).toBeGreaterThan(1)
      process.kill(first ?? 0, 'SIGKILL')
      expect(await list()).toEqual([])
      expect(naming(path)).not.toContain(first)
    } finally {
      for (const pid of naming(path)) process.kill(pid, 'SIGTERM')
    }
  })
})
