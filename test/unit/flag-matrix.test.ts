import { describe, expect, test } from 'vitest'
import { shownProviders } from '../../src/app/wire.ts'
import { makeContext } from '../../src/cli/context.ts'
import { grammarOf } from '../../src/cli/grammar-of.ts'
import { makeProgram } from '../../src/cli/program.ts'
import { givenSettings } from '../../src/cli/run-flags.ts'
import { splitArgv } from '../../src/cli/split-argv.ts'
import { parseConfig } from '../../src/config/config-file.ts'
import { mergeConfig } from '../../src/config/load-config.ts'
import { toTaskRequest } from '../../src/config/to-task-request.ts'
import type { TaskRequest } from '../../src/domain/request.ts'
import { makePlan } from '../../src/plan/make-plan.ts'
import type { Plan } from '../../src/plan/plan.ts'
import { proxyEnvironment } from '../../src/plan/proxy-environment.ts'
import type { Provider } from '../../src/providers/provider.ts'
import { FACTS } from '../fixtures/plan-facts.ts'

const CONTAINER: readonly (readonly string[])[] = [
  ['--container-image', 'debian:12'],
  ['--container-runtime', 'podman'],
  ['--container-name', 'fix'],
  ['--container-env', 'A=1', '--env', 'B=2'],
  ['--container-volume', '/data:/data:ro'],
  ['--container-workdir', '/work/sub'],
  ['--cd', 'sub'],
  ['--container-cpu', '1.5'],
  ['--container-memory', '2g', '--container-pids', '99'],
  ['--container-pull', 'always'],
  ['--container-user', '4242:4242'],
  ['--container-label', 'team=blue'],
  ['--policy', 'open'],
  ['--keep-alive', '5m'],
]
/** Of the task, neither of the container nor of the agent. */
const OTHER = ['--push-to', 'fix', '--retries', '2', '--turn-timeout', '5m', '--title', 'a title']
const PLAIN: readonly (readonly string[])[] = [[], ['--', '--own-flag', '--container-image', 'x', '-c', 'y=z']]
/** For a CLI that asks a model. */
const OF_MODEL: readonly (readonly string[])[] = [
  ['--model', 'openai/m-1'],
  ['-c', 'answer=42'],
  ['--base-url', 'http://127.0.0.1:8000/v1'],
  ['-m', 'openai/m-1', '-c', 'answer=42', '--', '--own-flag'],
]

/** What a command line comes to, as CLI and supervisor make it between them. */
const asked = (provider: Provider, words: readonly string[]): { plan: Plan; request: TaskRequest } => {
  const argv = ['start', '--provider', provider.id, ...words]
  const program = makeProgram(makeContext())
  const { own, rest } = splitArgv(argv, grammarOf(program, argv))
  const start = program.commands.find((command) => command.name() === 'start')
  start?.action(() => {})
  program.parse([...own], { from: 'user' })
  const settings = { ...givenSettings(start?.opts() ?? {}), ...(rest === null ? {} : { args: rest }) }
  const config = mergeConfig(settings, {}, parseConfig('', '/c/config.toml'))
  const request = toTaskRequest(config, 'fix it')
  return { request, plan: makePlan(request, FACTS, provider) }
}
type Asked = ReturnType<typeof asked>
const PROXY = Object.keys(proxyEnvironment({ port: 0, socket: '' }))
/** What git and other tools are told of the sandbox belongs to the container, though the agent must pass it on. */
const ofAgent = (env: Readonly<Record<string, string>> = {}) =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('GIT_') && !PROXY.includes(name)))
/** What is run in the container, and what it is told of its model; the folder it starts in is the container's. */
const agentOf = ({ plan: { order, model } }: Asked): unknown =>
  JSON.parse(JSON.stringify({ ...order.run, env: ofAgent(order.run?.env), model }).replaceAll('"/work/sub"', '"/work"'))
/** All else of plan and request. */
const restOf = ({ plan: { order, model: _, ...plan }, request }: Asked) => {
  const { providerArgs: _a, providerOptions: _o, model: _m, baseUrl: _b, ...rest } = request
  return { request: rest, plan: { ...plan, order: { ...order, run: order.run?.cwd } } }
}

describe.each(shownProviders.map((provider) => ({ name: provider.id, provider })))('$name', ({ provider }) => {
  const agentArgs = provider.supports.model ? [...PLAIN, ...OF_MODEL] : PLAIN
  const rows = [...CONTAINER, OTHER, [...CONTAINER.flat(), ...OTHER]]
  test.each(rows.map((flags) => ({ name: flags.length > 8 ? 'all flags' : flags.join(' '), flags })))(
    '$name: neither container nor agent changes by what the other is given',
    ({ flags }) => {
      const container = restOf(asked(provider, [...flags, 'fix it']))
      expect(container).not.toEqual(restOf(asked(provider, ['fix it'])))
      for (const args of agentArgs) {
        const both = asked(provider, [...flags, 'fix it', ...args])
        expect(restOf(both), args.join(' ')).toEqual(container)
        expect(agentOf(both), args.join(' ')).toEqual(agentOf(asked(provider, ['fix it', ...args])))
      }
    },
  )

  test('each argument reaches the agent, beside every flag of the container', () => {
    const plain = agentOf(asked(provider, ['fix it']))
    for (const args of agentArgs.slice(1))
      expect(
        agentOf(asked(provider, [...CONTAINER.flat(), 'fix it', ...args])),
        `${args.join(' ')} must change what runs: see command() of src/providers/${provider.id}.ts`,
      ).not.toEqual(plain)
    const { argv } = asked(provider, ['fix it', '--', '--own-flag', '--container-image', 'x']).plan.order.run ?? {}
    expect(argv?.join(' ')).toContain('--own-flag --container-image x')
  })
})
