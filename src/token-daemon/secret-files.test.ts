import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { secretFiles } from './secret-files.ts'

let base = ''
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'berth-secrets-'))
})
afterEach(() => rmSync(base, { recursive: true, force: true }))

const filesIn = (owner: { readonly uid: number; readonly gid: number } | null = null) =>
  secretFiles({ folder: join(base, 'secrets'), owner, host: 'git.example:8443' })
const at = (name: string) => join(base, 'secrets', name)
const modeOf = (name: string) => (statSync(at(name)).mode & 0o7777).toString(8)

describe('secretFiles', () => {
  test.each([0o000, 0o022, 0o777])('S4-36: 0700 and 0600, also with umask %i', (umask) => {
    const before = process.umask(umask)
    try {
      filesIn().write({ value: 'token-1', user: 'x-access-token' })
    } finally {
      process.umask(before)
    }
    expect(['.', 'gh'].map(modeOf)).toEqual(['700', '700'])
    expect(['ghapp_token', 'gh/hosts.yml', 'gh/config.yml'].map(modeOf)).toEqual(['600', '600', '600'])
  })

  test('S4-37: has the token, and nothing else, in ghapp_token', () => {
    filesIn().write({ value: 'token-1', user: 'x-access-token' })
    expect(readFileSync(at('ghapp_token'), 'utf8')).toBe('token-1')
    expect(readdirSync(at('.')).toSorted()).toEqual(['gh', 'ghapp_token'])
  })

  test('gives all of it to the user of the container', () => {
    filesIn({ uid: 1234, gid: 2345 }).write({ value: 'token-1', user: 'x-access-token' })
    for (const name of ['.', 'gh', 'ghapp_token', 'gh/hosts.yml', 'gh/config.yml'])
      expect(statSync(at(name))).toMatchObject({ uid: 1234, gid: 2345 })
  })

  test('overcomes what a killed daemon left, and keeps the folder that a container has mounted', () => {
    const files = filesIn()
    files.write({ value: 'token-1', user: 'x-access-token' })
    writeFileSync(at('.ghapp_token.tmp'), 'half')
    const { ino } = statSync(at('.'))
    files.write({ value: 'token-2', user: 'x-access-token' })
    expect(readFileSync(at('ghapp_token'), 'utf8')).toBe('token-2')
    expect(readdirSync(at('.')).toSorted()).toEqual(['gh', 'ghapp_token'])
    files.clear()
    expect(readdirSync(at('.'))).toEqual([])
    expect(statSync(at('.')).ino).toBe(ino)
  })

  test('S4-39: 8 readers see a whole token at each of 200 rotations', async () => {
    const files = filesIn()
    const token = (n: number) => `ghs_${String(n).padStart(4, '0')}${'x'.repeat(2000)}`
    files.write({ value: token(0), user: 'x-access-token' })
    const reader = `
      const { readFileSync } = require('node:fs')
      const seen = new Set()
      process.stdin.once('data', () => { over = true })
      let over = false
      const look = () => {
        const token = readFileSync(${JSON.stringify(at('ghapp_token'))}, 'utf8')
        if (!/^ghs_\\d{4}x{2000}$/.test(token)) throw new Error('half a token: ' + token.length)
        seen.add(token)
        if (over) process.stdout.write(String(seen.size), () => process.exit(0))
        else setImmediate(look)
      }
      process.stderr.write('.')
      look()`
    const readers = Array.from({ length: 8 }, () =>
      spawn(process.execPath, ['-e', reader], { stdio: ['pipe', 'pipe', 'pipe'] }),
    )
    await Promise.all(readers.map((one) => once(one.stderr, 'data')))
    for (let n = 1; n <= 200; n += 1) {
      files.write({ value: token(n), user: 'x-access-token' })
      await new Promise((resolve) => setImmediate(resolve))
    }
    const ends = readers.map(async (one) => {
      const said = text(one.stdout)
      one.stdin.end('stop')
      const [code] = await once(one, 'exit')
      return { code, seen: Number(await said) }
    })
    for (const { code, seen } of await Promise.all(ends)) {
      expect(code).toBe(0)
      expect(seen).toBeGreaterThan(1)
    }
  })
})
