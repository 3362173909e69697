import { expect, test } from 'vitest'
import type { Variables } from '../../domain/variables.ts'
import { variablesAgain } from './variables-again.ts'

type Scene = {
  readonly allow: readonly string[] | null
  readonly earlier: Variables
  readonly given?: readonly string[]
  readonly configured?: Readonly<Record<string, string | null>>
}

const SHELL = { SHELL_A: 'a', SHELL_B: 'b' }

const again = ({ allow, earlier, given = [], configured = {} }: Scene) => {
  const flags = Object.fromEntries(
    given.map((entry) => {
      const [name = '', value] = entry.split('=')
      return [name, value ?? null]
    }),
  )
  return variablesAgain({
    deps: { config: { settings: () => ({ envAllow: allow }), variables: () => ({ flags, configured }) } },
    live: {
      id: 't-1',
      journal: { select: () => [] },
      record: { variables: earlier, profile: null, preset: null },
      callerContext: { env: { GIVEN: 'g', SHELL_B: 'of the first turn' } },
    },
    before: { envFrom: Object.keys(earlier) },
    caller: { env: SHELL },
    given,
    verb: 'send',
  } as unknown as Parameters<typeof variablesAgain>[0])
}
const refused = (name: string) =>
  expect.objectContaining({ code: 'env-not-allowed', message: expect.stringContaining(`--env ${name}: env-allow`) })

test('a variable of an earlier turn is of the shell again, if env-allow still has it', () => {
  const earlier: Variables = { SHELL_A: 'named' }
  expect(again({ allow: null, earlier }).env).toEqual({ SHELL_A: 'a' })
  expect(again({ allow: ['SHELL_*'], earlier }).env).toEqual({ SHELL_A: 'a' })
  expect(() => again({ allow: ['SHELL_B'], earlier })).toThrow(refused('SHELL_A'))
  expect(() => again({ allow: [], earlier })).toThrow(refused('SHELL_A'))
})

test('the list holds for names that come now, too', () => {
  expect(() => again({ allow: ['SHELL_A'], earlier: {}, given: ['SHELL_B'] })).toThrow(refused('SHELL_B'))
  expect(() => again({ allow: [], earlier: {}, configured: { SHELL_B: null }, given: ['SHELL_B'] })).toThrow(
    refused('SHELL_B'),
  )
})

test('values that were given, or that the config file has, need no entry', () => {
  const earlier: Variables = { GIVEN: 'given', FILED: 'named' }
  expect(again({ allow: [], earlier, configured: { FILED: 'f' } }).env).toEqual({ GIVEN: 'g', FILED: 'f' })
})

test('a value that was given is taken from nowhere else: shell and config file may have another one', () => {
  const earlier: Variables = { SHELL_B: 'given' }
  expect(again({ allow: null, earlier, configured: { SHELL_B: 'f' } }).env).toEqual({ SHELL_B: 'of the first turn' })
  const lost: Variables = { SHELL_A: 'given' }
  expect(() => again({ allow: null, earlier: lost, configured: { SHELL_A: 'f' } })).toThrow(
    expect.objectContaining({
      code: 'bad-env',
      message: expect.stringContaining('no longer has the value of SHELL_A'),
    }),
  )
})

test('a value in place of the name lets a task go on whose variable is not listed any more', () => {
  expect(again({ allow: [], earlier: { SHELL_A: 'named' }, given: ['SHELL_A=mine'] }).env).toEqual({ SHELL_A: 'mine' })
})
