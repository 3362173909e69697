import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { LaunchDeps } from '../deps.ts'
import { renewExchange } from './exchange.ts'

let task = ''
beforeEach(() => {
  task = mkdtempSync(join(tmpdir(), 'berth-exchange-'))
})
afterEach(() => rmSync(task, { recursive: true }))

test('what an agent left there goes, and no link of its is written through', async () => {
  const exchange = join(task, 'exchange')
  const outside = join(task, 'outside')
  mkdirSync(join(exchange, 'order.json', 'deep'), { recursive: true })
  mkdirSync(outside)
  writeFileSync(join(outside, 'mine'), 'mine')
  symlinkSync(join(outside, 'mine'), join(exchange, 'prompt'))
  symlinkSync(outside, join(exchange, 'work.bundle'))
  symlinkSync(outside, join(exchange, 'files'))
  mkdirSync(join(task, 'files', '2'), { recursive: true })
  writeFileSync(join(task, 'files', '2', 'a.txt'), 'a')
  const files = [{ name: 'a.txt', path: '/berth/exchange/files/a.txt' }]
  await renewExchange({
    plan: { turn: 2, folders: { task, exchange }, files },
    prompt: 'go on',
  } as unknown as LaunchDeps)
  expect([readdirSync(task).sort(), readdirSync(outside)]).toEqual([
    ['exchange', 'exchange-out', 'files', 'outside'],
    ['mine'],
  ])
  expect(readdirSync(exchange).sort()).toEqual(['files', 'prompt'])
  expect(readFileSync(join(exchange, 'files', 'a.txt'), 'utf8')).toBe('a')
  expect(readFileSync(join(exchange, 'prompt'), 'utf8')).toContain('go on')
  expect(readFileSync(join(outside, 'mine'), 'utf8')).toBe('mine')
})
