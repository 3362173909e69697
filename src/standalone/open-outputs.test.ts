import { linkSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { temporaryFolder } from '../../test/fixtures/temporary-folder.ts'
import { openOutputs } from './open-outputs.ts'

let folder: ReturnType<typeof temporaryFolder>
beforeEach(() => {
  folder = temporaryFolder()
})
afterEach(() => folder[Symbol.dispose]())

const out = (...parts: readonly string[]) => folder.at('out', ...parts)
const read = (...parts: readonly string[]) => readFileSync(out(...parts), 'utf8')

test('the log is there while the run goes on, in the folder of the run and in that of the last one', () => {
  const outputs = openOutputs(out(), 'one')
  outputs.log('first')
  expect([read('one/run.log'), read('run.log')]).toEqual(['first\n', 'first\n'])
  outputs.end('summary\n', { exitCode: 0 })
  expect(readdirSync(out()).toSorted()).toEqual(['exit.json', 'one', 'run.log', 'summary.md'])
  expect(JSON.parse(read('exit.json'))).toEqual({ exitCode: 0 })
  expect(outputs.problem).toBeUndefined()
})

test('a run that begins takes away the result of the one before, whose own folder stays', () => {
  openOutputs(out(), 'one').end('of one\n', { exitCode: 0 })
  openOutputs(out(), 'two')
  expect(readdirSync(out()).toSorted()).toEqual(['one', 'run.log', 'two'])
  expect(read('one/summary.md')).toBe('of one\n')
})

test('runs side by side write their own files', () => {
  const one = openOutputs(out(), 'one')
  const two = openOutputs(out(), 'two')
  one.log('1')
  two.log('2')
  two.end('of two\n', { exitCode: 2 })
  one.end('of one\n', { exitCode: 1 })
  expect([read('one/run.log'), read('two/run.log'), read('run.log')]).toEqual(['1\n', '2\n', '1\n'])
  expect([read('summary.md'), read('two/summary.md')]).toEqual(['of one\n', 'of two\n'])
  expect(statSync(out('exit.json')).ino).toBe(statSync(out('one/exit.json')).ino)
})

test('what a killed run has left is not written into', () => {
  openOutputs(out(), 'one').log('of one')
  linkSync(out('one/run.log'), out('.run.log.two.tmp'))
  openOutputs(out(), 'two').log('of two')
  expect([read('one/run.log'), read('two/run.log'), read('run.log')]).toEqual(['of one\n', 'of two\n', 'of two\n'])
  expect(readdirSync(out()).toSorted()).toEqual(['one', 'run.log', 'two'])
})

test('runs in containers side by side have the same process id, and do not share a file on the way', () => {
  openOutputs(out(), 'one').log('of one')
  linkSync(out('one/run.log'), out(`.run.log.${process.pid}.tmp`))
  openOutputs(out(), 'two').log('of two')
  expect([read('one/run.log'), read('two/run.log')]).toEqual(['of one\n', 'of two\n'])
})

test('a name is taken once, and a folder that cannot be made is said', () => {
  openOutputs(out(), 'one')
  expect(() => openOutputs(out(), 'one')).toThrow(`made the output folder ${out('one')}: EEXIST`)
  writeFileSync(folder.at('file'), '')
  expect(() => openOutputs(folder.at('file'), 'x')).toThrow('made the output folder')
})

test('summary and exit.json come even if the agent has removed the folder', () => {
  const outputs = openOutputs(out(), 'one')
  rmSync(out(), { recursive: true })
  outputs.end('summary\n', { exitCode: 1 })
  expect(readdirSync(out()).toSorted()).toEqual(['exit.json', 'one', 'summary.md'])
})

test('the log has a limit', () => {
  const outputs = openOutputs(out(), 'one', 20)
  for (const line of ['0123456789', '0123456789', 'more']) outputs.log(line)
  expect(read('run.log')).toMatch(/^0123456789\nberth: the log ends here: it has 20.*\n$/)
  expect(outputs.problem).toBeUndefined()
})
