// Files through the workspace's mount against the container's own layer and against the host, on each engine.
import { chmodSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Plan } from '../src/plan/plan.ts'
import { type TestEngine, testEngines } from '../test/fixtures/engines.ts'
import { median, printMedians, record } from './ratio.ts'
import { benchHome, run } from './sandbox.ts'

const ROUNDS = Math.max(3, Math.round(Number(process.env['ROUNDS'] ?? 20) / 4))
const NODE_ARGS = [
  '--input-type=module-typescript',
  '-e',
  readFileSync(join(import.meta.dirname, 'touch-files.ts'), 'utf8'),
]
/** What each round takes, by operation. */
type Times = Readonly<Record<string, number>>
const home = benchHome()
const { folder, berth } = home

const onHost = async (): Promise<Times> => {
  const path = join(folder, 'host')
  mkdirSync(path, { recursive: true })
  return JSON.parse(await run(process.execPath, [...NODE_ARGS, path])) as Times
}

/** The container of a task as far as files are concerned: user, workspace, toolbox. */
const inContainer =
  (engine: TestEngine, { container }: Plan, path: string) =>
  async (): Promise<Times> => {
    const work = join(folder, engine.name)
    mkdirSync(work, { recursive: true })
    chmodSync(work, 0o777)
    const toolbox = container.mounts.find(({ role }) => role === 'toolbox')
    const cli = engine.kind === 'docker' ? ['docker', '--host', engine.endpoint] : ['podman', '--url', engine.endpoint]
    const [file = '', ...words] = cli
    const user = engine.name === 'rootless' ? [] : ['--user', `${container.user.uid}:${container.user.gid}`]
    const mounts = [`${work}:/work`, `${toolbox?.source}:${toolbox?.target}:ro`].flatMap((mount) => ['--volume', mount])
    const shape = [
      'run',
      '--rm',
      '--network',
      'none',
      ...user,
      ...mounts,
      '--entrypoint',
      `${toolbox?.target}/bin/node`,
    ]
    return JSON.parse(await run(file, [...words, ...shape, container.image, ...NODE_ARGS, path])) as Times
  }

/** In turn, after a round to warm up; the median of each operation. */
const measure = async (places: Readonly<Record<string, () => Promise<Times>>>): Promise<Record<string, Times>> => {
  const all = new Map<string, Times[]>(Object.keys(places).map((place) => [place, []]))
  for (let round = -1; round < ROUNDS; round += 1)
    for (const [place, work] of Object.entries(places)) {
      const times = await work()
      if (round >= 0) all.get(place)?.push(times)
    }
  const medians = (rounds: readonly Times[]): Times =>
    Object.fromEntries(
      Object.keys(rounds[0] ?? {}).map((operation) => [operation, median(rounds.map((one) => one[operation] ?? 0))]),
    )
  return Object.fromEntries([...all].map(([place, rounds]) => [place, medians(rounds)]))
}

try {
  // A rootless engine is another user's.
  chmodSync(folder, 0o755)
  for (const engine of testEngines()) {
    // What an engine's user may do is no matter here: image and toolbox are the same for all.
    const flags = ['--engine', engine.flag, '--agent', 'noop', '--dry-run', '--json']
    const plan = JSON.parse(await berth('run', ...flags, 'nothing')) as Plan
    const times = await measure({
      host: onHost,
      mount: inContainer(engine, plan, '/work'),
      layer: inContainer(engine, plan, '/tmp'),
    })
    for (const [place, one] of Object.entries(times)) printMedians(`${engine.name}, ${place}`, one)
    for (const place of ['mount', 'layer'])
      for (const [operation, ms] of Object.entries(times[place] ?? {}))
        record(`mounts-${engine.name}-${place}-${operation}`, ms / (times['host']?.[operation] ?? 1), null)
  }
} finally {
  await home.close()
  rmSync(folder, { recursive: true, force: true })
}
