import { describe, expect, it } from 'vitest'
import { FLAG_WORDS, KEYS, SETTINGS } from '../config/settings.ts'
import { makeContext } from './context.ts'
import { EXIT_CODES } from './exit-codes.ts'
import { helpJson } from './help-json.ts'
import { makeProgram } from './program.ts'

type Option = { readonly long: string; readonly type: string; readonly default: unknown; readonly repeatable: boolean }
type Help = {
  readonly name: string
  readonly description: string
  readonly arguments: readonly { readonly name: string; readonly required: boolean }[]
  readonly options: readonly Option[]
  readonly commands: readonly Help[]
}
const program = makeProgram(makeContext())
const help = (...words: readonly string[]) => helpJson(program, words) as unknown as Help
const flatten = (one: Help): readonly Help[] => [one, ...one.commands.flatMap(flatten)]
const option = (one: Help, long: string) => one.options.find((each) => each.long === long)

/** It logs until it ends, and prints nothing else. */
const WITHOUT_JSON = ['berth serve', 'berth token-daemon']

describe('berth --help --json', () => {
  it('has every command of the tree, each with its words', () => {
    const all = flatten(help()).slice(1)
    const names = program.commands.flatMap((one) => [one, ...one.commands]).map((one) => one.name())
    expect(all.map(({ name }) => name.split(' ').at(-1)).toSorted()).toEqual(names.toSorted())
    for (const one of all) {
      expect(one.description).not.toBe('')
      for (const { long, type } of one.options) expect([one.name, long, type]).not.toContain(undefined)
    }
    expect(JSON.parse(JSON.stringify(help()))).toEqual(help())
  })

  it('has the type and the default of every setting', () => {
    const run = help('run')
    expect(run.name).toBe('berth run')
    for (const key of KEYS.filter((one) => FLAG_WORDS[one] === undefined && SETTINGS[one].scope !== 'supervisor'))
      if (key !== 'profile') expect([key, option(run, `--${key}`)?.type]).toEqual([key, SETTINGS[key].type])
    expect(option(run, '--pull')).toMatchObject({ choices: ['missing', 'always', 'never'], default: 'missing' })
    expect(option(run, '--turn-timeout')).toMatchObject({ type: 'duration', default: 86_400_000 })
    expect(option(run, '--memory')).toMatchObject({ type: 'bytes', defaultIs: '8 GiB' })
    // A default that is words has no second one beside it.
    for (const one of flatten(help()).flatMap(({ options }) => options))
      expect([one.long, 'default' in one]).toEqual([one.long, !('defaultIs' in one)])
    expect(option(run, '--env')).toMatchObject({ short: '-e', repeatable: true })
    expect(option(run, '--dry-run')).toMatchObject({ type: 'boolean', value: null })
  })

  it('has types for the options of every command', () => {
    expect(option(help('log'), '--tail')).toMatchObject({ type: 'number', default: null })
    expect(option(help('wait'), '--timeout')).toMatchObject({ type: 'duration' })
    expect(option(help('config', 'init'), '--memory')).toMatchObject({ type: 'bytes' })
    expect(option(help('log'), '--raw')).toMatchObject({ type: 'boolean', default: false })
    expect(option(help('run'), '--dry-run')).toMatchObject({ type: 'boolean', default: false })
  })

  it.each([
    [['nope'], "unknown command 'nope'"],
    [['rnu'], "unknown command 'rnu' (did you mean run?)"],
    [['config', 'gte'], "unknown command 'gte' (did you mean get?)"],
  ])('%j is no command', (words, message) => {
    expect(() => help(...words)).toThrow(expect.objectContaining({ code: 'usage', message }))
  })

  it('names a command by its path or another name, with its arguments and the exit codes', () => {
    expect(help('config', 'set').arguments).toMatchObject([
      { name: 'key', required: true, variadic: false },
      { name: 'value', required: true, variadic: true },
    ])
    expect(help('ps').name).toBe('berth ls')
    expect(helpJson(program, ['ls'])).toMatchObject({ exitCodes: EXIT_CODES })
    const text: string[] = []
    program.configureOutput({ writeOut: (part) => void text.push(part) })
    program.outputHelp()
    for (const { code, meaning } of EXIT_CODES)
      expect(text.join('')).toMatch(new RegExp(`${code} +${meaning.split(/[,(:]/)[0]}`))
  })
})

it('every command that prints takes --json', () => {
  const leaves = flatten(help()).filter(({ commands }) => commands.length === 0)
  const without = leaves.filter((one) => option(one, '--json') === undefined).map(({ name }) => name)
  expect(without).toEqual(WITHOUT_JSON)
})
