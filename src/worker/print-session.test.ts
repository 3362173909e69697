import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../test/fixtures/temporary-folder.ts'
import type { WorkOrder } from '../domain/worker-protocol.ts'
import { printSession } from './print-session.ts'

const PATH = '.mine/said'

/** An order whose session is printed by this shell command; it gets the time as $1. */
const order = (home: string, command: string) =>
  ({
    paths: { home },
    run: { env: { PATH: process.env['PATH'] ?? '', WORD: 'hello' } },
    session: { paths: ['.db', PATH], restore: false, print: { argv: ['/bin/sh', '-c', command, 'sh'], path: PATH } },
  }) as unknown as WorkOrder

const print = async (command: string, prepare: (at: (path: string) => string) => void = () => {}) => {
  using folder = temporaryFolder()
  writeFileSync(folder.at('.db'), 'a database')
  prepare(folder.at)
  const problem = await printSession(order(folder.path, command), 123)
  return { problem, text: existsSync(folder.at(PATH)) ? readFileSync(folder.at(PATH), 'utf8') : null }
}

test('what the program prints is the file; it gets the time, the agent’s variables, and runs in its home', async () => {
  expect(await print('echo "$WORD since $1"; cat .db')).toEqual({
    problem: undefined,
    text: 'hello since 123\na database',
  })
})

test('a program that fails leaves no file, and its words are told', async () => {
  const { problem, text } = await print('echo half; echo "no such table" >&2; exit 3')
  expect([problem?.endsWith('what was said: no such table'), text]).toEqual([true, null])
  expect((await print('exit 3')).problem).toContain('it ended with exit code 3')
})

test('output without end is cut off with the program', async () => {
  const { problem, text } = await print('yes')
  expect([problem?.endsWith('it printed over 32 MiB'), text]).toEqual([true, null])
})

test('a link in the way is replaced and not followed; a folder that cannot be made is told', async () => {
  const linked = await print('echo mine', (at) => {
    mkdirSync(dirname(at(PATH)))
    symlinkSync(at('.db'), at(PATH))
  })
  expect(linked).toEqual({ problem: undefined, text: 'mine\n' })
  expect((await print('echo mine', (at) => writeFileSync(at('.mine'), ''))).problem).toContain('EEXIST')
})

test('without a session nothing is printed', async () => {
  using folder = temporaryFolder()
  expect(await printSession(order(folder.path, 'echo mine'), 123)).toBeUndefined()
  expect(existsSync(folder.at(PATH))).toBe(false)
})
