import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { commandInput } from '../../test/conformance/command-input.ts'
import { providerSuite } from '../../test/conformance/provider.ts'
import { parseConfig } from '../config/config-file.ts'
import type { CommandProvider } from '../domain/command-provider.ts'
import { command } from './command.ts'

const fixture = readFileSync(join(import.meta.dirname, '../../test/fixtures/agents/scripted.toml'), 'utf8')
const read = (toml: string, name = 'scripted') => parseConfig(toml, 'f').providers.get(name) as CommandProvider
const LINES = [
  '{"kind":"begin","session":{"id":"s-1"}}',
  '{"kind":"say","text":"words"}',
  '{"kind":"call","id":"c","tool":"bash","input":"ls"}',
  '{"kind":"result","id":"c","output":"a","code":3}',
  '{"kind":"usage","tokens":{"in":7,"out":2}}',
  '{"kind":"error","error":{"message":"429: slow down"}}',
  '{"kind":"end"}',
]
const exit = { code: 0, signal: null, interrupted: false }

providerSuite(command('scripted', read(fixture)), LINES)

describe('a configured provider', () => {
  const scripted = command('scripted', read(fixture))

  it('leaves out the arguments that have no value', () => {
    expect(scripted.command(commandInput()).argv).toEqual(['node', '/agents/scripted.mjs'])
    const { argv, env } = scripted.command(commandInput({ model: 'm', resume: 's-1', args: ['--x'] }))
    expect(argv).toEqual(['node', '/agents/scripted.mjs', '--model', 'm', '--session', 's-1', '--x'])
    expect(env).toEqual({ SCRIPTED_KEY: 'berth-placeholder-7f3a', SCRIPTED_URL: 'http://127.0.0.1:3128/v1' })
  })

  it('reads events by the mapping', () => {
    const parser = scripted.parser({ previousThread: null, resume: null })
    expect(LINES.flatMap(parser.line)).toEqual([
      { type: 'agent.session', session: 's-1' },
      { type: 'agent.message', text: 'words' },
      { type: 'agent.tool.start', id: 'c', name: 'bash', input: 'ls' },
      { type: 'agent.tool.end', id: 'c', name: 'bash', ok: false, exitCode: 3, output: 'a' },
      { type: 'agent.usage', usage: { inputTokens: 7, cachedTokens: 0, outputTokens: 2, reasoningTokens: 0 } },
      { type: 'agent.error', class: 'rate-limit', text: '429: slow down' },
    ])
    expect(parser.end(exit).verdict.ok).toBe(true)
  })

  it('takes exit 0 for an end only where no last word is configured', () => {
    expect(scripted.parser({ previousThread: null, resume: null }).end(exit).verdict.ok).toBe(false)
    const plain = command('plain', read('[providers.plain]\ncommand = ["x"]', 'plain'))
    const parser = plain.parser({ previousThread: null, resume: null })
    expect(parser.line('hello')).toEqual([{ type: 'agent.message', text: 'hello' }])
    expect(parser.end(exit).verdict).toEqual({ ok: true, class: 'ok', reason: 'plain finished its turn' })
  })

  it('fails where another session begins than the one to go on with', () => {
    const parser = scripted.parser({ previousThread: null, resume: 's-0' })
    LINES.flatMap(parser.line)
    expect(parser.end(exit).verdict).toMatchObject({ ok: false, reason: expect.stringContaining('going on with s-0') })
  })

  it('goes by the exit codes of the table', () => {
    const parser = scripted.parser({ previousThread: null, resume: null })
    parser.errorLine('no way')
    expect(parser.end({ ...exit, code: 3 }).verdict).toMatchObject({
      class: 'auth',
      reason: expect.stringContaining('no way'),
    })
  })
})
