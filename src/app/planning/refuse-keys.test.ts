import { expect, test } from 'vitest'
import type { BerthError } from '../../domain/errors.ts'
import { command } from '../../providers/command.ts'
import type { Deps } from '../deps.ts'
import { shownProviders } from '../wire.ts'
import { refuseKeys } from './refuse-keys.ts'

const providers = new Map(shownProviders.map((provider) => [provider.id, provider]))
const deps = { config: { providers } } as unknown as Deps
const config = { key: 'MINE_API_KEY', env: {}, events: [], 'session-paths': [], 'exit-codes': {} }
const mine = command('mine', { ...config, command: ['mine'] } as unknown as Parameters<typeof command>[1])
const KEYS = ['OPENAI_API_KEY', 'CODEX_API_KEY', 'ANTHROPIC_API_KEY', 'CLAUDE_CODE_OAUTH_TOKEN', 'GEMINI_API_KEY']

test.each([...shownProviders, mine])("$id gets no model's key by --env, of its own or of another agent", (provider) => {
  for (const name of [...KEYS, 'GOOGLE_API_KEY', ...(provider.key === null ? [] : [provider.key.env])]) {
    let error: unknown
    try {
      refuseKeys(deps, provider, ['CI', name])
    } catch (caught) {
      error = caught
    }
    expect(error).toMatchObject({ code: 'bad-env', message: expect.stringContaining(`--env ${name}: `) })
    expect((error as BerthError).hint).toContain('--credential')
  }
  refuseKeys(deps, provider, ['CI', 'APP_OPENAI_API_KEY', 'GH_TOKEN'])
})
