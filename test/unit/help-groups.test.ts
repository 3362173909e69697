import type { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { makeContext } from '../../src/cli/context.ts'
import { makeProgram } from '../../src/cli/program.ts'

const MOST_WITHOUT_GROUPS = 12
const program = makeProgram(makeContext())
const every = program.commands.flatMap((command) => [command, ...command.commands])

/** The headings of the options that `--help` shows, and how many stand under each. */
const groups = (command: Command): ReadonlyMap<string, number> => {
  const shown = command.createHelp().visibleOptions(command)
  const headings = Map.groupBy(shown, (option) => option.helpGroupHeading ?? 'Options:')
  return new Map([...headings].map(([heading, options]) => [heading, options.length]))
}
/** The options of a command that no heading names. */
const ungrouped = (command: Command): readonly string[] =>
  command
    .createHelp()
    .visibleOptions(command)
    .flatMap((option) =>
      option.helpGroupHeading === undefined || option.helpGroupHeading === 'Options:'
        ? [option.long ?? option.flags]
        : [],
    )
const count = (command: Command) => [...groups(command).values()].reduce((sum, one) => sum + one, 0)

describe('help in groups', () => {
  it('shows the commands of a group under one heading, with its help', () => {
    const parents = program.commands.filter(({ commands }) => commands.length > 0)
    expect(parents.length).toBeGreaterThan(3)
    for (const parent of parents) expect(parent.helpInformation()).not.toContain('This machine:')
  })

  it('shows each command under one of the five headings, and none under a rest', () => {
    const headings = new Set(
      program
        .createHelp()
        .visibleCommands(program)
        .map((command) => command.helpGroup()),
    )
    expect([...headings]).toEqual(['Tasks:', 'Their work:', 'Many tasks:', 'Agents and keys:', 'This machine:'])
    const text = program.helpInformation()
    for (const heading of headings) expect(text).toContain(`\n${heading}\n`)
    expect(text).not.toContain('\nCommands:\n')
  })

  it('groups the options of each command that has more than twelve, and leaves none in a rest', () => {
    const long = every.filter((command) => count(command) > MOST_WITHOUT_GROUPS)
    expect(long.map((command) => command.name())).toEqual(expect.arrayContaining(['run', 'start', 'log']))
    for (const command of long) {
      const names = ungrouped(command).join(', ')
      expect(
        names,
        `berth ${command.name()}: ${names} stands in no group (of run and start: GROUPS in src/cli/run-flags.ts)`,
      ).toBe('')
      expect(groups(command).size).toBeGreaterThan(2)
    }
  })

  it('run begins with the eight that people use first', () => {
    const run = program.commands.find((command) => command.name() === 'run')
    if (run === undefined) throw new Error('there is no run')
    expect([...groups(run)][0]).toEqual(['Used most:', 8])
    expect(run.helpInformation().indexOf('Used most:')).toBeLessThan(run.helpInformation().indexOf('Agent:'))
  })

  it('a command that is parsed alone has the heading that it has among all', () => {
    for (const command of program.commands) {
      const [alone] = makeProgram(makeContext(), command.name()).commands
      if (command.name() !== 'completion') expect(alone?.helpGroup()).toBe(command.helpGroup())
    }
  })
})
