import type { CommandInput } from '../../src/providers/provider.ts'

/** What a provider is asked for its command with. */
export const commandInput = (over: Partial<CommandInput> = {}): CommandInput => ({
  model: null,
  resume: null,
  args: [],
  options: {},
  baseUrl: 'http://127.0.0.1:3128/v1',
  addressGiven: true,
  placeholder: 'berth-placeholder-7f3a',
  paths: { work: '/work', home: '/home/agent', bin: '/opt/berth/bin', prompt: '/berth/exchange/prompt' },
  attachments: [],
  git: { name: 'Ada', email: 'ada@example.org', trusted: ['/work'], sandbox: null },
  permissive: true,
  ...over,
})
