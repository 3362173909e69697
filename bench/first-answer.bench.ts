// From the start of `berth run` to the first answer of the scripted model: each agent, in a container of its own, on the
// host, and by default settings, where a sandbox waits.
import { globSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Plan } from '../src/plan/plan.ts'
import { startModelServer } from '../test/fixtures/model-server/start-model-server.ts'
import { TEST_AGENTS, type TestAgent } from '../test/fixtures/test-agents.ts'
import { alternate, printMedians, record } from './ratio.ts'
import { benchHome, SPARES } from './sandbox.ts'
import { poolWarm } from './supervisor.ts'

const ROUNDS = Math.max(3, Math.round(Number(process.env['ROUNDS'] ?? 20) / 2))
const engine = process.env['ENGINE'] ?? 'docker'
const callerEnv = Object.fromEntries(TEST_AGENTS.map(({ key }) => [key, 'sk-bench']))
const home = benchHome(callerEnv, SPARES)
/** Where every task gets a container of its own: one such task takes away what waits for others of its kind. */
const coldHome = benchHome(callerEnv)
const { berth } = home

let answered: (at: number) => void = () => {}
const model = await startModelServer({
  onRequest: ({ kind }) => {
    if (kind === 'main') answered(performance.now())
  },
})

/**
 * The toolbox's opencode starts nowhere but in a container: on the host it is the one that npm brought for the toolbox,
 * found by PATH.
 */
const hostPath = async (): Promise<string> => {
  const args = ['--engine', engine, '--agent', 'noop', '--dry-run', '--json', 'nothing']
  const { container } = JSON.parse(await berth('run', ...args)) as Plan
  const toolbox = container.mounts.find(({ role }) => role === 'toolbox')?.source ?? ''
  const cache = join(dirname(dirname(toolbox)), 'cache')
  const [found] = globSync('npm-*/node_modules/opencode-linux-*/bin', { cwd: cache })
  return found === undefined ? '' : `${join(cache, found)}:`
}

/** Milliseconds from the call of `berth run` to the model's first answer; the run comes to its end before. */
const firstAnswer =
  (agent: TestAgent, where: readonly string[], at = home) =>
  async (): Promise<number> => {
    const { promise, resolve } = Promise.withResolvers<number>()
    answered = resolve
    const from = performance.now()
    const address = ['--agent', agent.id, '--model', agent.model, '--base-url', `${model.url}${agent.basePath}`]
    await at.berth('run', ...where, ...address, 'say hello')
    return (await promise) - from
  }

const CONTAINER = ['--engine', engine]
const HOST = ['--isolation', 'host', '--host-permissive']

const measure = async (agent: TestAgent) => {
  // From the second task of a kind on, a sandbox waits for the next.
  const spare = firstAnswer(agent, CONTAINER)
  await spare()
  await spare()
  const ways = { cold: firstAnswer(agent, CONTAINER, coldHome), host: firstAnswer(agent, HOST), spare }
  const { cold = 0, host = 1, spare: warm = 0 } = await alternate(ways, ROUNDS, () => poolWarm(home))
  printMedians(`${agent.id}, first answer, medians of ${ROUNDS}`, { cold, host, spare: warm })
  record(`first-answer-cold-${agent.id}`, cold / host, 1.2)
  record(`first-answer-${agent.id}`, warm - host, 50)
}

try {
  home.env['PATH'] = `${await hostPath()}${process.env['PATH']}`
  for (const agent of TEST_AGENTS) await measure(agent)
} finally {
  await home.close()
  await coldHome.close()
  await model.close()
  for (const one of [home, coldHome]) rmSync(one.folder, { recursive: true, force: true })
}
