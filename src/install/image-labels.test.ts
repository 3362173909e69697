import { expect, test } from 'vitest'
import { type Labelled, labelsOf, versionsIn } from './image-labels.ts'

const BASE: Labelled = {
  kind: 'base',
  provider: 'all',
  hash: '0123456789ab',
  version: '0.1.0',
  license: 'MIT',
  revision: undefined,
  from: 'debian:bookworm-slim',
  manifest: undefined,
}
const WORKER: Labelled = {
  ...BASE,
  kind: 'worker',
  provider: 'codex',
  revision: '8f3a7d1c0b5e4a6f9d2c8b7a6e5d4c3b2a190807',
  from: 'berth-agent:ba9876543210',
  manifest: { node: '24.1.0', git: '2.39.5', agents: { codex: '0.169.0' } },
}

test('a worker image names its agents and all that they were built from', () => {
  expect(labelsOf(WORKER)).toEqual({
    'berth.managed': 'true',
    'berth.image': '0123456789ab',
    'berth.kind': 'worker',
    'berth.provider': 'codex',
    'berth.version': '0.1.0',
    'berth.revision': '8f3a7d1c0b5e4a6f9d2c8b7a6e5d4c3b2a190807',
    'berth.node': '24.1.0',
    'berth.git': '2.39.5',
    'berth.agent.codex': '0.169.0',
    'org.opencontainers.image.title': 'berth-worker',
    'org.opencontainers.image.description': expect.stringContaining('docker run'),
    'org.opencontainers.image.version': '0.1.0',
    'org.opencontainers.image.revision': '8f3a7d1c0b5e4a6f9d2c8b7a6e5d4c3b2a190807',
    'org.opencontainers.image.licenses': 'MIT',
    'org.opencontainers.image.base.name': 'berth-agent:ba9876543210',
  })
})

test('without a commit the label is empty, so that none of the image below shows through', () => {
  expect(labelsOf(BASE)).toMatchObject({ 'berth.revision': '', 'org.opencontainers.image.revision': '' })
})

test('the versions come back from the labels', () => {
  expect(versionsIn(labelsOf(WORKER))).toEqual({ berth: '0.1.0', codex: '0.169.0', node: '24.1.0', git: '2.39.5' })
  expect(versionsIn(labelsOf(BASE))).toEqual({ berth: '0.1.0' })
  expect(versionsIn({ 'org.opencontainers.image.version': '9' })).toEqual({})
})
