import { existsSync, readFileSync, statSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { docker } from '../../src/engines/docker.ts'
import { podman } from '../../src/engines/podman.ts'
import { engineSuite } from '../conformance/engine.ts'
import { testEngines } from '../fixtures/engines.ts'

const IMAGE = 'berth-agent:latest'
const NOTE = '/tmp/berth-rootless-socket'
const ORDINARY = { uid: 1000, gid: 1000 }

const rootless = (): readonly string[] => {
  const named = process.env['BERTH_TEST_ROOTLESS_SOCKET']
  const path = named ?? (existsSync(NOTE) ? readFileSync(NOTE, 'utf8').trim() : undefined)
  return path !== undefined && existsSync(path) ? [`unix://${path}`] : []
}

const found = testEngines().filter(({ name }) => name !== 'rootless')

describe('engines', () => {
  it('has at least one to be tested on', () => {
    expect([...found, ...rootless()]).not.toEqual([])
  })
})

for (const { name, kind, endpoint } of found) {
  const make = () => (kind === 'docker' ? docker({ endpoint }) : podman({ endpoint }))
  engineSuite(name, { make, image: IMAGE, caller: ORDINARY, sandbox: true })
}

for (const endpoint of rootless()) {
  const { uid, gid } = statSync(endpoint.replace('unix://', ''))
  engineSuite('rootless podman', {
    make: () => podman({ endpoint }),
    image: IMAGE,
    caller: { uid, gid },
    sandbox: true,
  })
}
