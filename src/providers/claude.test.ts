import { describe, expect, it } from 'vitest'
import { commandInput } from '../../test/conformance/command-input.ts'
import { providerSuite } from '../../test/conformance/provider.ts'
import { recordedStreams } from '../../test/conformance/recorded.ts'
import { claude } from './claude.ts'

providerSuite(
  claude,
  recordedStreams('claude').flatMap((stream) => stream.lines),
)

describe('claude.command', () => {
  it('runs a first turn', () => {
    expect(claude.command(commandInput({ baseUrl: 'http://127.0.0.1:3128' }))).toEqual({
      argv: [
        '/opt/berth/bin/claude',
        '-p',
        '--output-format',
        'stream-json',
        '--verbose',
        '--dangerously-skip-permissions',
      ],
      env: {
        ANTHROPIC_API_KEY: 'berth-placeholder-7f3a',
        ANTHROPIC_BASE_URL: 'http://127.0.0.1:3128',
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
        CLAUDE_CODE_MAX_RETRIES: '5',
        IS_SANDBOX: '1',
        NO_COLOR: '1',
      },
      files: [],
      stdin: '/berth/exchange/prompt',
      end: { field: 'type', values: ['result'], graceMs: 3000 },
      interrupt: { signal: 'SIGINT', graceMs: 5000 },
      termGraceMs: 2000,
    })
  })

  it('goes on with a session, with model, options and arguments', () => {
    const input = commandInput({
      resume: 'SID',
      model: 'claude-opus-5-5',
      options: { 'env.CLAUDE_CODE_MAX_RETRIES': '"1"', includeCoAuthoredBy: 'false' },
      args: ['--max-turns', '3'],
    })
    expect(claude.command(input).argv.slice(6)).toEqual([
      '--model',
      'claude-opus-5-5',
      '--resume',
      'SID',
      '--settings',
      '{"env":{"CLAUDE_CODE_MAX_RETRIES":"1"},"includeCoAuthoredBy":false}',
      '--max-turns',
      '3',
    ])
  })
})
