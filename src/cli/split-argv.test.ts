import { describe, expect, test } from 'vitest'
import { makeContext } from './context.ts'
import { grammarOf } from './grammar-of.ts'
import { makeProgram } from './program.ts'
import { splitArgv } from './split-argv.ts'

const read = (...argv: readonly string[]) => splitArgv(argv, grammarOf(makeProgram(makeContext()), argv))

test('--container-pull may stand alone', () => {
  const own = (...words: readonly string[]) => read('run', ...words).own.slice(1)
  expect(own('--container-pull', 'fix it')).toEqual(['--container-pull', 'always', 'fix it'])
  expect(own('--container-pull', 'never', 'fix it')).toEqual(['--container-pull', 'never', 'fix it'])
  expect(own('fix it', '--container-pull')).toEqual(['fix it', '--container-pull', 'always'])
  expect(own('--container-pull=missing', 'x')).toEqual(['--container-pull=missing', 'x'])
  expect(own('--title', '--container-pull', 'x')).toEqual(['--title', '--container-pull', 'x'])
})

describe('words that begin with a dash', () => {
  test('one that is an option’s value stays its value, wherever it stands', () => {
    expect(read('run', '--title', '- a b', 'the prompt')).toEqual({
      own: ['run', '--title', '- a b', 'the prompt'],
      rest: null,
      dashed: null,
      colour: true,
    })
    expect(read('run', '-m', '-x y', '--title', '- a b', '- c d')).toMatchObject({
      own: ['run', '-m', '-x y', '--title', '- a b'],
      dashed: '- c d',
    })
    expect(read('run', '--title', '--', 'x')).toMatchObject({ own: ['run', '--title', '--', 'x'], rest: null })
  })

  test('one with white space is a prompt, one with a = before it an option', () => {
    expect(read('run', '- fix the list')).toMatchObject({ own: ['run'], dashed: '- fix the list' })
    expect(read('run', '--title=a b', 'x')).toMatchObject({ own: ['run', '--title=a b', 'x'], dashed: null })
    expect(read('send', 't-1', '-f', '--file', '-a b', '- c d')).toMatchObject({
      own: ['send', 't-1', '-f', '--file', '-a b'],
      dashed: '- c d',
    })
  })
})

test('what stands after -- is the agent’s; of exec also what stands after the id', () => {
  expect(read('run', 'x', '--', '--flag', '--')).toMatchObject({ own: ['run', 'x'], rest: ['--flag', '--'] })
  expect(read('exec', 't-1', 'ls', '-l', '--', '--no-color')).toEqual({
    own: ['exec', 't-1'],
    rest: ['ls', '-l', '--', '--no-color'],
    dashed: null,
    colour: true,
  })
  expect(read('exec', '--no-tty', 't-1', '--json', '--', 'ls', '- a b')).toMatchObject({
    own: ['exec', '--no-tty', 't-1', '--json'],
    rest: ['ls', '- a b'],
  })
})

test('--no-color is taken by every command, and is no value of another option', () => {
  expect(read('ls', '-a', '--no-color')).toMatchObject({ own: ['ls', '-a'], colour: false })
  expect(read('--no-color', 'config', 'show', '--profile', '--no-color')).toMatchObject({
    own: ['config', 'show', '--profile', '--no-color'],
    colour: false,
  })
})
