import { expect, test } from 'vitest'
import { FACTS } from '../../../test/fixtures/plan-facts.ts'
import { temporaryFolder } from '../../../test/fixtures/temporary-folder.ts'
import type { ContainerSpec } from '../../domain/container-spec.ts'
import { type TaskRequest, taskRequest } from '../../domain/request.ts'
import type { Engine } from '../../engines/engine.ts'
import { makePlan } from '../../plan/make-plan.ts'
import { codex } from '../../providers/codex.ts'
import type { Deps } from '../deps.ts'
import { giveBack } from './give-back.ts'
import { helperSpec } from './helper-spec.ts'

const TOOLBOX = { path: '/new/toolbox', hash: '1', versions: {} } as never
const deps = { installation: { toolbox: async () => TOOLBOX } } as unknown as Deps

const planOf = (folder: string, asked: Partial<TaskRequest>) => {
  const request = taskRequest.parse({ prompt: 'x', repo: 'https://x.example/a', ...asked })
  const plan = makePlan(request, { ...FACTS, folders: { task: folder, work: folder, socket: `${folder}/s` } }, codex)
  // All its folders are there.
  return {
    ...plan,
    container: { ...plan.container, mounts: plan.container.mounts.map((m) => ({ ...m, source: folder })) },
  }
}

const given = async (asked: Partial<TaskRequest>, code = 0) => {
  using folder = temporaryFolder()
  const specs: ContainerSpec[] = []
  const engine = {
    create: async (spec: ContainerSpec) => {
      specs.push(spec)
      return spec.name
    },
    start: async () => {},
    wait: async () => ({ code }),
    remove: async () => {},
  } as unknown as Engine
  await giveBack(deps, { plan: planOf(folder.path, asked), engine })
  return specs
}

test('after a privileged turn its folders are given to its user, by a container that can do nothing else', async () => {
  const [spec, ...more] = await given({ policy: 'privileged' })
  expect(more).toEqual([])
  expect(spec).toMatchObject({
    user: { uid: 0, gid: 0 },
    network: 'none',
    noNewPrivileges: true,
    seccomp: '/new/toolbox/seccomp.json',
  })
  expect(spec?.capDrop).not.toContain('CHOWN')
  expect(spec?.capDrop).toContain('SETUID')
  expect(spec?.argv.slice(-6)).toEqual(['--own', '1001', '1001', '/work', '/home/agent', '/berth/exchange'])
  expect(spec?.mounts.map(({ role }) => role)).toEqual(['workspace', 'home', 'exchange', 'toolbox'])
})

test('other tiers have nothing to give back', async () => {
  expect(await given({ policy: 'open' })).toEqual([])
  expect(await given({})).toEqual([])
})

test('a failure is an error', async () => {
  await expect(given({ policy: 'privileged' }, 125)).rejects.toThrow('ended with exit code 125')
})

test('a helper job of a privileged task is as closed as that of a sandbox', () => {
  const job = { name: 'job', argv: [], mounts: [] }
  const [loose, tight] = (['privileged', 'sandboxed'] as const).map((policy) =>
    helperSpec(planOf('/', { policy }), TOOLBOX, job),
  )
  expect(loose).toEqual(tight)
})

test('a helper job gets nothing of the machine that is the agent’s', () => {
  const asked: Partial<TaskRequest> = {
    policy: 'open',
    gpus: 'all',
    devices: [{ source: '/dev/fuse', target: '/dev/fuse', access: 'rwm' }],
    publish: [{ address: '127.0.0.1', hostPort: 8080, port: 80, protocol: 'tcp' }],
    runtime: 'crun',
  }
  const spec = helperSpec(planOf('/', asked), TOOLBOX, { name: 'job', argv: [], mounts: [] })
  expect(spec).toMatchObject({ network: 'none', runtime: 'crun' })
  for (const key of ['gpus', 'devices', 'publish']) expect(spec).not.toHaveProperty(key)
})
