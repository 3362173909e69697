import { describe, expect, it } from 'vitest'
import { commandInput } from '../../test/conformance/command-input.ts'
import { providerSuite } from '../../test/conformance/provider.ts'
import { recordedStreams } from '../../test/conformance/recorded.ts'
import { gemini } from './gemini.ts'
import type { CommandInput } from './provider.ts'

providerSuite(
  gemini,
  recordedStreams('gemini').flatMap((stream) => stream.lines),
)

describe('gemini.command', () => {
  it('may look at pictures where they lie', () => {
    const [one, other, text] = ['a.png', 'b.png', 'c.txt'].map((name) => ({
      path: `/berth/exchange/files/${name}`,
      media: name === 'c.txt' ? null : 'image/png',
    }))
    const argv = (...attachments: CommandInput['attachments']) => gemini.command(commandInput({ attachments })).argv
    const pictures = [one, other].filter((file) => file !== undefined)
    expect(argv(...pictures).slice(-2)).toEqual(['--include-directories', '/berth/exchange/files'])
    expect(argv(...(text === undefined ? [] : [text]))).not.toContain('--include-directories')
  })

  it('runs a first turn', () => {
    const { files, ...command } = gemini.command(commandInput({ baseUrl: 'http://127.0.0.1:3128' }))
    expect(command).toEqual({
      argv: ['/opt/berth/bin/gemini', '--output-format', 'stream-json', '--yolo', '--skip-trust'],
      env: {
        GEMINI_API_KEY: 'berth-placeholder-7f3a',
        GOOGLE_GEMINI_BASE_URL: 'http://127.0.0.1:3128',
        GEMINI_CLI_NO_RELAUNCH: 'true',
        GIT_CONFIG_COUNT: '3',
        GIT_CONFIG_KEY_0: 'user.name',
        GIT_CONFIG_VALUE_0: 'Ada',
        GIT_CONFIG_KEY_1: 'user.email',
        GIT_CONFIG_VALUE_1: 'ada@example.org',
        GIT_CONFIG_KEY_2: 'safe.directory',
        GIT_CONFIG_VALUE_2: '/work',
        NO_COLOR: '1',
      },
      stdin: '/berth/exchange/prompt',
      end: { field: 'type', values: ['result'], graceMs: 3000 },
      interrupt: { signal: 'SIGINT', graceMs: 8000 },
      termGraceMs: 2000,
    })
    expect(files.map(({ path, text, mode }) => [path, JSON.parse(text), mode])).toEqual([
      [
        '.gemini/settings.json',
        {
          security: { auth: { selectedType: 'gemini-api-key' } },
          general: { enableAutoUpdate: false, maxAttempts: 3, sessionRetention: { enabled: false } },
          privacy: { usageStatisticsEnabled: false },
        },
        0o600,
      ],
    ])
  })

  it('tells git of an author who is not the committer', () => {
    const { git } = commandInput()
    const author = { name: 'Grace', email: 'grace@example.org' }
    expect(gemini.command(commandInput({ git: { ...git, author } })).env).toMatchObject({
      GIT_CONFIG_COUNT: '5',
      GIT_CONFIG_KEY_0: 'user.name',
      GIT_CONFIG_KEY_2: 'author.name',
      GIT_CONFIG_VALUE_2: 'Grace',
      GIT_CONFIG_KEY_3: 'author.email',
      GIT_CONFIG_VALUE_3: 'grace@example.org',
    })
  })

  it('includes a further file of git’s configuration', () => {
    const git = {
      ...commandInput().git,
      sandbox: { include: '/home/agent/.config/berth/git', ssh: '/opt/berth/bin/ssh' },
    }
    expect(gemini.command(commandInput({ git })).env).toMatchObject({
      GIT_CONFIG_COUNT: '4',
      GIT_CONFIG_KEY_3: 'include.path',
      GIT_CONFIG_VALUE_3: '/home/agent/.config/berth/git',
      GIT_SSH_COMMAND: '/opt/berth/bin/ssh',
    })
  })

  it('goes on with a session, with model, options and arguments', () => {
    const input = commandInput({
      resume: 'SID',
      model: 'gemini-2.5-flash',
      options: { 'general.maxAttempts': '1', 'ui.theme': 'Default' },
      args: ['--include-directories', '/data'],
    })
    const { argv, files } = gemini.command(input)
    const rest = ['--model', 'gemini-2.5-flash', '--resume', 'SID', '--include-directories', '/data']
    expect(argv.slice(5)).toEqual(rest)
    const [settings] = files.map(({ text }) => JSON.parse(text))
    expect(settings.general).toEqual({ enableAutoUpdate: false, maxAttempts: 1, sessionRetention: { enabled: false } })
    expect(settings.ui).toEqual({ theme: 'Default' })
  })
})
