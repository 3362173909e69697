import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { commandInput } from '../../test/conformance/command-input.ts'
import { providerSuite } from '../../test/conformance/provider.ts'
import { spawn } from '../std/spawn.ts'
import { noop } from './noop.ts'

providerSuite(noop, [])

describe('noop', () => {
  it('does nothing, unless it is asked to', () => {
    expect(noop.command(commandInput()).argv).toEqual(['/bin/true'])
    const { argv } = noop.command(commandInput({ options: { commit: 'a b.txt', exit: '3' } }))
    const rest = ['http://127.0.0.1:3128/v1', '3', '0', '0', '', '']
    expect(argv.slice(3)).toEqual(['noop', 'a b.txt', '', '/opt/berth/bin', ...rest])
  })

  const folder = mkdtempSync(join(tmpdir(), 'berth-noop-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  const run = (options: Record<string, string>, baseUrl = 'http://127.0.0.1:9/v1') => {
    const paths = { work: folder, home: folder, bin: dirname(process.execPath), prompt: '' }
    const [file, ...args] = noop.command(commandInput({ options, baseUrl, paths })).argv
    return spawn(file, args, { cwd: folder, env: { PATH: '/usr/bin:/bin' }, limitMs: 10_000 })
  }

  it('writes a file and ends with the code it is told', async () => {
    expect((await run({})).code).toBe(0)
    expect((await run({ commit: 'sub dir/a.txt', exit: '3' })).code).toBe(3)
    await run({ commit: 'sub dir/a.txt' })
    expect(readFileSync(join(folder, 'sub dir/a.txt'), 'utf8')).toBe('noop\nnoop\n')
  })

  it('says its lines, and waits for a file', async () => {
    const running = run({ lines: '2', wait: 'go' })
    writeFileSync(join(folder, 'go'), '')
    expect((await running).stdout.toString()).toBe('line 1\nline 2\nwaiting\n')
  })

  it('asks the model for one page, and fails where nothing answers', async () => {
    const seen: (string | undefined)[] = []
    const server = createServer((request, response) => {
      seen.push(request.url)
      response.end('hello')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const result = await run({ request: '1' }, `http://127.0.0.1:${port}/v1`)
    await new Promise((resolve) => server.close(resolve))
    expect([result.code, result.stdout.toString(), seen]).toEqual([0, 'hello\n', ['/v1/noop']])
    expect((await run({ request: '1' })).code).not.toBe(0)
  })
})
