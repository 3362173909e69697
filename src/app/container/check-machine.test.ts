import { expect, test } from 'vitest'
import { FACTS } from '../../../test/fixtures/plan-facts.ts'
import { temporaryFolder } from '../../../test/fixtures/temporary-folder.ts'
import type { ContainerSpec } from '../../domain/container-spec.ts'
import { BerthError } from '../../domain/errors.ts'
import type { Engine } from '../../engines/engine.ts'
import type { Trial } from '../deps.ts'
import { machineChecker } from './check-machine.ts'

type Asked = Pick<ContainerSpec, 'gpus' | 'runtime'>

/** An engine that starts a container, or says why it does not. */
const bench = (
  state: string,
  fault: (spec: ContainerSpec) => string | undefined,
  runtimes: readonly string[] | null,
) => {
  const tried: Asked[] = []
  const engine = {
    endpoint: 'unix:///a',
    create: async (spec: ContainerSpec) => {
      tried.push({ gpus: spec.gpus, runtime: spec.runtime } as Asked)
      const words = fault(spec)
      if (words !== undefined) throw new BerthError('engine-error', words)
      return spec.name
    },
    start: async () => {},
    wait: async () => ({ code: 0 }),
    remove: async () => {},
    async *logs() {},
  } as unknown as Engine
  const trial = {
    engine,
    info: { ...FACTS.engine.info, runtimes },
    reference: 'a',
    image: { id: 'sha256:1' },
    toolbox: { path: '/toolbox' },
    signal: new AbortController().signal,
  } as unknown as Trial
  const check = machineChecker(state)
  const refusal = (asked: Asked) =>
    check(trial, asked).then(
      () => null,
      ({ code, message }: BerthError) => `${code}: ${message}`,
    )
  return { refusal, tried }
}

test('a runtime that the engine does not name is refused without a trial', async () => {
  using folder = temporaryFolder()
  const { refusal, tried } = bench(folder.path, () => undefined, ['runc', 'crun'])
  expect(await refusal({ runtime: 'runsc' })).toBe(
    'unknown-runtime: --runtime runsc: docker does not know this runtime; it has runc, crun',
  )
  expect(tried).toEqual([])
})

test('what worked is tried once, and GPUs with the runtime', async () => {
  using folder = temporaryFolder()
  const { refusal, tried } = bench(folder.path, () => undefined, ['crun'])
  for (let turn = 0; turn < 2; turn += 1) expect(await refusal({ runtime: 'crun', gpus: 'all' })).toBeNull()
  expect(tried).toEqual([{ runtime: 'crun' }, { runtime: 'crun', gpus: 'all' }])
  expect(await refusal({})).toBeNull()
})

test.each([
  [
    { runtime: 'x' },
    'cgroups in hybrid mode not supported',
    'engine-error: --runtime x: docker cannot run a container',
  ],
  [{ gpus: 'all' }, 'could not select device driver', 'no-gpu-runtime: --gpus all: docker cannot give GPUs'],
] as const)('%j, and the engine says "%s"', async (asked, words, refused) => {
  using folder = temporaryFolder()
  const { refusal, tried } = bench(folder.path, () => words, ['x'])
  for (let turn = 0; turn < 2; turn += 1) {
    const said = await refusal(asked)
    expect(said).toContain(refused)
    expect(said).toContain(words)
  }
  expect(tried).toHaveLength(2)
})

test('an engine that is away is told as that', async () => {
  using folder = temporaryFolder()
  const { refusal } = bench(folder.path, () => {
    throw new BerthError('engine-down', 'nothing listens')
  }, [])
  expect(await refusal({ gpus: 1 })).toBe('engine-down: nothing listens')
})
