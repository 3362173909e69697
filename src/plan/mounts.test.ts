import { expect, test } from 'vitest'
import { FACTS as ORDINARY } from '../../test/fixtures/plan-facts.ts'
import { parseVolume } from '../config/parse-volume.ts'
import { taskRequest } from '../domain/request.ts'
import type { Facts } from './facts.ts'
import { FIRST } from './make-plan.ts'
import { planMounts } from './mounts.ts'

const FACTS: Facts = { ...ORDINARY, source: { kind: 'none' }, home: '/srv/people/ada' }

const planned = (...volumes: readonly string[]) => {
  const request = taskRequest.parse({ prompt: 'x', volumes: volumes.map(parseVolume) })
  return planMounts(request, FACTS, { next: FIRST, tree: undefined })
}
const warningsOf = (volume: string) => planned(`${volume}:/data`).warnings

test.each(['/', '/etc', '/root', '/home', '/home/', '/var', '/usr/../proc', '/dev', '/run'])(
  'the volume %s of the system is warned of, and mounted',
  (folder) => {
    const { warnings, mounts } = planned(`${folder}:/data:ro`)
    expect(warnings).toEqual([expect.stringMatching(/^--volume \/\S*: this folder of the host /)])
    expect(mounts.at(-1)).toMatchObject({ role: 'volume', target: '/data', readOnly: true })
  },
)

test.each(['/srv/people/ada', '/srv/people/ada/', '/srv/people/../people/ada'])(
  'the volume %s is the whole home folder, and is warned of',
  (folder) => {
    expect(warningsOf(folder)).toEqual([expect.stringContaining('your whole home folder')])
  },
)

test.each(['/var/run/docker.sock', '/run/podman/podman.sock', '/srv/people/ada/.agent/S.ssh-agent.sock'])(
  'the volume %s is a socket, and is warned of',
  (path) => {
    expect(warningsOf(path)).toEqual([expect.stringContaining(`--volume ${path}: this socket `)])
  },
)

test('a folder below these is not warned of; of several volumes each is looked at', () => {
  for (const folder of ['/srv/people/ada/project', '/srv/data', '/home/ada', '/srv/people/adam', '/data.sock.d'])
    expect(warningsOf(folder)).toEqual([])
  expect(planned('/srv/data:/a', '/:/b', '/var/run/docker.sock:/c').warnings).toHaveLength(2)
})

test('without a volume nothing of this machine is writable but workspace, home and exchange', () => {
  const { mounts, warnings } = planned()
  expect(warnings).toEqual([])
  expect(mounts.filter(({ readOnly }) => !readOnly).map(({ role }) => role)).toEqual(['workspace', 'home', 'exchange'])
})
