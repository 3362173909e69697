import { describe, expect, it } from 'vitest'
import { commandInput } from '../../test/conformance/command-input.ts'
import { providerSuite } from '../../test/conformance/provider.ts'
import { recordedStreams } from '../../test/conformance/recorded.ts'
import { routeOf } from '../plan/route-of.ts'
import { opencode } from './opencode.ts'

providerSuite(
  opencode,
  recordedStreams('opencode').flatMap((stream) => stream.lines),
)

const configOf = (over: Parameters<typeof commandInput>[0]) => {
  const { env } = opencode.command(commandInput(over))
  return JSON.parse(env['OPENCODE_CONFIG_CONTENT'] ?? '') as Record<string, unknown>
}

describe('opencode.command', () => {
  it('runs a first turn', () => {
    expect(opencode.command(commandInput())).toEqual({
      argv: [
        '/opt/berth/bin/opencode',
        'run',
        '--format',
        'json',
        '--dir',
        '/work',
        '--thinking',
        '--title',
        'berth',
        '--print-logs',
        '--log-level',
        'INFO',
        '--auto',
      ],
      env: {
        BERTH_MODEL_KEY: 'berth-placeholder-7f3a',
        OPENCODE_CONFIG_CONTENT: expect.any(String),
        OPENCODE_DISABLE_AUTOUPDATE: '1',
        OPENCODE_DISABLE_MODELS_FETCH: '1',
        OPENCODE_DISABLE_LSP_DOWNLOAD: '1',
        OPENCODE_DISABLE_SHARE: '1',
        OPENCODE_DISABLE_DEFAULT_PLUGINS: '1',
        NO_COLOR: '1',
      },
      files: ['package.json', 'package-lock.json', 'node_modules/.keep'].map((name) =>
        expect.objectContaining({ path: `.config/opencode/${name}` }),
      ),
      stdin: '/berth/exchange/prompt',
      end: null,
      interrupt: { signal: 'SIGINT', graceMs: 5000 },
      termGraceMs: 2000,
    })
  })

  it('goes on with a session, with arguments last', () => {
    const { argv } = opencode.command(commandInput({ resume: 'ses_1', args: ['--agent', 'plan'] }))
    expect(argv.slice(-4)).toEqual(['--session', 'ses_1', '--agent', 'plan'])
  })

  it('shows pictures to the model, and leaves other files to the prompt', () => {
    const attachments = [
      { path: '/berth/exchange/files/a.png', media: 'image/png' },
      { path: '/berth/exchange/files/b.txt', media: null },
    ]
    expect(opencode.command(commandInput({ attachments })).argv[2]).toBe('--file=/berth/exchange/files/a.png')
    expect(JSON.stringify(configOf({ model: 'm', attachments }))).toContain('"input":["text","image"]')
  })

  it('speaks to an address by the OpenAI-compatible API, whatever the model is called', () => {
    expect(configOf({ model: 'anthropic/claude-x' })).toEqual({
      provider: {
        berth: {
          npm: '@ai-sdk/openai-compatible',
          name: 'berth',
          options: { baseURL: 'http://127.0.0.1:3128/v1', apiKey: '{env:BERTH_MODEL_KEY}' },
          models: { 'anthropic/claude-x': { name: 'anthropic/claude-x' } },
        },
      },
      enabled_providers: ['berth'],
      model: 'berth/anthropic/claude-x',
      small_model: 'berth/anthropic/claude-x',
      share: 'disabled',
      autoupdate: false,
      permission: 'allow',
    })
    expect(configOf({ model: null })).toMatchObject({ model: 'berth/default' })
  })

  it("takes its own provider of the model where no address is given, and the caller's settings last", () => {
    expect(
      configOf({
        model: 'anthropic/claude-x',
        addressGiven: false,
        options: { 'agent.build.steps': '3', share: 'auto' },
      }),
    ).toMatchObject({
      provider: { anthropic: { options: { baseURL: 'http://127.0.0.1:3128/v1' }, models: { 'claude-x': {} } } },
      model: 'anthropic/claude-x',
      agent: { build: { steps: 3 } },
      share: 'auto',
    })
    expect(configOf({ model: null, addressGiven: false })).toMatchObject({ model: 'openai/gpt-5.5' })
  })
})

describe("the model's key and address", () => {
  it.each([
    [{ model: 'anthropic/claude-x' }, 'ANTHROPIC_API_KEY', 'x-api-key', 'https://api.anthropic.com/v1'],
    [{ model: 'openai/gpt-x' }, 'OPENAI_API_KEY', 'authorization-bearer', 'https://api.openai.com/v1'],
    [
      { model: 'google/gemini-x' },
      'GEMINI_API_KEY',
      'x-goog-api-key',
      'https://generativelanguage.googleapis.com/v1beta',
    ],
    [{}, 'OPENAI_API_KEY', 'authorization-bearer', 'https://api.openai.com/v1'],
    [
      { model: 'anthropic/claude-x', baseUrl: 'http://x' },
      'OPENAI_API_KEY',
      'authorization-bearer',
      'https://api.openai.com/v1',
    ],
  ])('%j', (asked, env, header, defaultBaseUrl) => {
    expect(routeOf(opencode, asked)).toMatchObject({ key: { env }, api: { header, defaultBaseUrl } })
  })

  it.each(['mistral/large', 'gpt-5.5', 'anthropic/', '/x'])('refuses %s without an address', (model) => {
    expect(() => routeOf(opencode, { model })).toThrow(/one of the providers openai, anthropic, google/)
  })
})
