import type { Command } from 'commander'
import { expect, test } from 'vitest'
import { shownProviders } from '../../src/app/wire.ts'
import { makeContext } from '../../src/cli/context.ts'
import { grammarOf } from '../../src/cli/grammar-of.ts'
import { makeProgram } from '../../src/cli/program.ts'
import { givenSettings } from '../../src/cli/run-flags.ts'
import { splitArgv } from '../../src/cli/split-argv.ts'
import { hostPathsFrom } from '../../src/client/host-paths.ts'
import { NO_FILE } from '../../src/config/config-file.ts'
import { mergeConfig } from '../../src/config/load-config.ts'
import { toTaskRequest } from '../../src/config/to-task-request.ts'
import { makePlan } from '../../src/plan/make-plan.ts'
import { docExamples } from '../fixtures/doc-examples.ts'
import { FACTS } from '../fixtures/plan-facts.ts'

const examples = docExamples()

const silence = (command: Command): void => {
  command.exitOverride().configureOutput({ writeErr: () => {} })
  if (command.commands.length === 0) command.action(() => {})
  for (const one of command.commands) silence(one)
}

/** The command that the words call, with what it was given; throws for words that the command line does not know. */
const parsed = (words: readonly string[]) => {
  const program = makeProgram(makeContext())
  silence(program)
  const { own, rest } = splitArgv(words, grammarOf(program, words))
  let called: Command | undefined
  program.hook('preAction', (_, command) => {
    called = command
  })
  program.parse([...own], { from: 'user' })
  return { called, rest }
}

test('the docs have examples of many commands, and of each agent', () => {
  expect(examples.length).toBeGreaterThan(100)
  expect(new Set(examples.map(({ words }) => words[0])).size).toBeGreaterThan(20)
  for (const { id } of shownProviders) expect(examples.some(({ text }) => text.includes(`--agent ${id}`))).toBe(true)
})

test.each(examples)('$place: $text', ({ words }) => {
  const { called, rest } = parsed(words)
  expect(called?.name()).toBeDefined()
  if (called === undefined || !['run', 'start'].includes(called.name())) return
  const settings: Readonly<Record<string, unknown>> = {
    ...givenSettings(called.opts()),
    ...(rest === null ? {} : { args: rest }),
  }
  // Names of what this machine lacks.
  const { preset: _, profile: __, 'output-schema': ___, 'startup-script': ____, ...own } = settings
  const request = toTaskRequest(mergeConfig({ ...own, ...hostPathsFrom('/here', own) }, {}, NO_FILE), 'x')
  const provider = shownProviders.find(({ id }) => id === request.agent)
  // A page that makes an agent has it as its example.
  if (provider === undefined) expect(request.agent).toBe('mine')
  else expect(makePlan(request, FACTS, provider).provider).toBe(request.agent)
})
