import { describe, expect, it } from 'vitest'
import { commandInput } from '../../test/conformance/command-input.ts'
import { providerSuite } from '../../test/conformance/provider.ts'
import { recordedStreams } from '../../test/conformance/recorded.ts'
import { codex } from './codex.ts'

providerSuite(
  codex,
  recordedStreams('codex').flatMap((stream) => stream.lines),
)

const settings = [
  '-c',
  'model_provider="berth"',
  '-c',
  'model_providers.berth.name="berth"',
  '-c',
  'model_providers.berth.base_url="http://127.0.0.1:3128/v1"',
  '-c',
  'model_providers.berth.wire_api="responses"',
  '-c',
  'model_providers.berth.env_key="BERTH_MODEL_KEY"',
  '-c',
  'model_providers.berth.request_max_retries=4',
  '-c',
  'model_providers.berth.stream_max_retries=5',
  '-c',
  'analytics.enabled=false',
  '-c',
  'features.plugins=false',
]

describe('codex.command', () => {
  it('keeps its own sandbox where it has no free hand, also when it goes on', () => {
    for (const resume of [null, '0199-a']) {
      const { argv } = codex.command(commandInput({ permissive: false, resume }))
      expect(argv.slice(0, 6)).toEqual(['/opt/berth/bin/codex', 'exec', '-C', '/work', '-s', 'workspace-write'])
      expect(argv.join(' ')).not.toContain('bypass')
    }
  })

  it('runs a first turn', () => {
    expect(codex.command(commandInput())).toEqual({
      argv: [
        '/opt/berth/bin/codex',
        'exec',
        '-C',
        '/work',
        '--json',
        '--skip-git-repo-check',
        '--dangerously-bypass-approvals-and-sandbox',
        ...settings,
        '-',
      ],
      env: { BERTH_MODEL_KEY: 'berth-placeholder-7f3a', NO_COLOR: '1' },
      files: [],
      stdin: '/berth/exchange/prompt',
      end: { field: 'type', values: ['turn.completed', 'turn.failed'], graceMs: 2000 },
      interrupt: { signal: 'SIGINT', graceMs: 5000 },
      termGraceMs: 2000,
    })
  })

  it('goes on with a session, with model, options and arguments', () => {
    const input = commandInput({
      resume: 'SID',
      model: 'gpt-5.5',
      options: { model_reasoning_effort: 'high' },
      args: ['--image', 'a.png'],
    })
    expect(codex.command(input).argv).toEqual([
      '/opt/berth/bin/codex',
      'exec',
      '-C',
      '/work',
      'resume',
      '--json',
      '--skip-git-repo-check',
      '--dangerously-bypass-approvals-and-sandbox',
      '-m',
      'gpt-5.5',
      ...settings,
      '-c',
      'model_reasoning_effort=high',
      'SID',
      '-',
      '--image',
      'a.png',
    ])
  })
})
