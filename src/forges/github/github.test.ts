import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from 'vitest'
import type { PlainFetch } from '../../domain/plain-fetch.ts'
import { github } from './github.ts'

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const PEM = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString()

type Sent = { readonly path: string; readonly authorization: string; readonly body: unknown }

/** A GitHub that mints a token for any repository, with what it was asked. */
const scripted = () => {
  const sent: Sent[] = []
  const answers: Readonly<Record<string, readonly [number, unknown]>> = {
    '/repos/acme/site/installation': [200, { id: 7 }],
    '/app/installations/7/access_tokens': [201, { token: 'ghs_canary', expires_at: '2030-01-01T01:00:00Z' }],
    '/repos/acme/site': [200, { full_name: 'acme/site', default_branch: 'trunk', archived: false }],
  }
  const fetch: PlainFetch = async (url, { headers, body }) => {
    const path = new URL(url).pathname.replace('/api/v3', '')
    sent.push({ path, authorization: headers['authorization'] ?? '', body: body && JSON.parse(body) })
    const [status, data] = answers[path] ?? [404, { message: 'Not Found' }]
    return {
      status,
      statusText: '',
      url,
      headers: new Map([
        ['content-type', 'application/json'],
        ['date', 'Tue, 01 Jan 2030 00:00:00 GMT'],
      ]),
      text: async () => JSON.stringify(data),
      arrayBuffer: async () => new ArrayBuffer(0),
    }
  }
  return { sent, fetch }
}

const call = { callerEnv: {}, signal: new AbortController().signal }

const withApp = (log: object[] = []) => {
  const { sent, fetch } = scripted()
  const forge = github({
    access: { kind: 'app', app: { appId: '12', key: '/key.pem', installationId: null } },
    baseUrl: 'https://git.example/api/v3',
    host: 'git.example',
    fetch: () => fetch,
    readKey: async () => PEM,
    readToken: async () => '',
    log: (line) => void log.push(line),
  })
  return { forge, sent }
}

test('a token is asked for one repository, with the least permissions', async () => {
  const log: object[] = []
  const { forge, sent } = withApp(log)
  const asked = { repository: 'acme/site', permissions: { contents: 'read' } } as const
  expect(await forge.token(asked, call)).toEqual({
    value: 'ghs_canary',
    user: 'x-access-token',
    expiresAt: '2030-01-01T01:00:00Z',
    refreshAt: expect.any(String),
  })
  expect(sent.at(-1)?.body).toEqual({ repositories: ['site'], permissions: { contents: 'read', metadata: 'read' } })
  expect(log).toEqual([{ level: 'info', msg: 'forge token', ...asked, expiresAt: '2030-01-01T01:00:00Z' }])
})

test('many who ask at once for the same token have one request made', async () => {
  const { forge, sent } = withApp()
  const asked = { repository: 'acme/site', permissions: { contents: 'write' } } as const
  await Promise.all(Array.from({ length: 20 }, () => forge.token(asked, call)))
  await forge.token(asked, call)
  expect(sent.map(({ path }) => path)).toEqual(['/repos/acme/site/installation', '/app/installations/7/access_tokens'])
})

test('a repository is looked up with a token', async () => {
  const { forge, sent } = withApp()
  expect(await forge.repository('acme/site', call)).toEqual({
    name: 'acme/site',
    defaultBranch: 'trunk',
    archived: false,
  })
  expect(sent.at(-1)?.authorization).toBe('token ghs_canary')
})
