import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { temporaryFolder } from '../../../test/fixtures/temporary-folder.ts'
import { registryLogin } from './registry-login.ts'

const auth = (words: string) => ({ auth: Buffer.from(words).toString('base64') })

describe('registryLogin', () => {
  let folder: ReturnType<typeof temporaryFolder>
  beforeEach(() => {
    folder = temporaryFolder()
  })
  afterEach(() => folder[Symbol.dispose]())

  const put = (path: string, value: unknown) => {
    mkdirSync(dirname(folder.at(path)), { recursive: true })
    writeFileSync(folder.at(path), typeof value === 'string' ? value : JSON.stringify(value))
  }
  const find = (reference: string, kind: 'docker' | 'podman' = 'docker', env: Readonly<Record<string, string>> = {}) =>
    registryLogin({ kind, reference, env: { HOME: folder.path, PATH: '/usr/bin:/bin', ...env }, uid: 4_000_000 })

  test('of the file of docker login, for that registry alone', async () => {
    put('.docker/config.json', {
      auths: {
        'h.io:5000': auth('ada:right:part'),
        'https://old.io/v1/': auth('old:word'),
        'id.io': { identitytoken: 'T' },
      },
    })
    expect(await find('h.io:5000/team/app:1')).toEqual({ username: 'ada', password: 'right:part' })
    expect(await find('old.io/app')).toEqual({ username: 'old', password: 'word' })
    expect(await find('id.io/app')).toEqual({ identityToken: 'T' })
    for (const other of ['h.io/app', 'other.io/app', 'app', 'h.io:5001/app']) expect(await find(other)).toBeUndefined()
    expect(await find('h.io:5000/app', 'docker', { DOCKER_CONFIG: folder.at('none') })).toBeUndefined()
  })

  test('for Docker Hub by each of its names', async () => {
    put('.docker/config.json', { auths: { 'https://index.docker.io/v1/': auth('hub:word') } })
    for (const name of ['debian', 'team/app:1', 'docker.io/team/app'])
      expect(await find(name)).toEqual({ username: 'hub', password: 'word' })
  })

  test('of podman login: the narrowest name, and the engine’s own file first', async () => {
    put('.config/containers/auth.json', { auths: { 'h.io': auth('all:1'), 'h.io/team/app': auth('narrow:2') } })
    put('.docker/config.json', { auths: { 'h.io': auth('docker:3'), 'd.io': auth('docker:4') } })
    expect(await find('h.io/team/app:1', 'podman')).toMatchObject({ username: 'narrow' })
    expect(await find('h.io/team/other', 'podman')).toMatchObject({ username: 'all' })
    expect(await find('h.io/team/app:1', 'docker')).toMatchObject({ username: 'docker' })
    expect(await find('d.io/app', 'podman')).toMatchObject({ password: '4' })
    put('named.json', { auths: { 'h.io': auth('named:5') } })
    expect(await find('h.io/team/app', 'podman', { REGISTRY_AUTH_FILE: folder.at('named.json') })).toMatchObject({
      username: 'named',
    })
  })

  test('of a credential helper, which is asked for the server; one that fails or is missing has none', async () => {
    put(
      'bin/docker-credential-near',
      '#!/bin/sh\nread server\n[ "$server" = h.io ] || exit 1\necho "{\\"ServerURL\\":\\"$server\\",\\"Username\\":\\"near\\",\\"Secret\\":\\"$1\\"}"\n',
    )
    put('bin/docker-credential-all', '#!/bin/sh\ncat >/dev/null; echo \'{"Username":"<token>","Secret":"T"}\'\n')
    for (const name of ['near', 'all']) chmodSync(folder.at(`bin/docker-credential-${name}`), 0o755)
    const env = { PATH: `${folder.at('bin')}:/usr/bin:/bin` }
    put('.docker/config.json', {
      credsStore: 'all',
      credHelpers: { 'h.io': 'near', 'x.io': 'near', 'gone.io': 'gone', 'bad.io': '../near' },
    })
    expect(await find('h.io/app', 'docker', env)).toEqual({ username: 'near', password: 'get' })
    expect(await find('any.io/app', 'docker', env)).toEqual({ identityToken: 'T' })
    for (const none of ['x.io/app', 'gone.io/app', 'bad.io/app'])
      expect(await find(none, 'docker', env)).toBeUndefined()
  })

  test('a damaged file counts as none', async () => {
    put('.docker/config.json', '{ "auths": ')
    put(join('.config', 'containers', 'auth.json'), { auths: { 'h.io': auth('ada:1'), 'b.io': { auth: '!!' } } })
    expect(await find('h.io/app')).toMatchObject({ username: 'ada' })
    expect(await find('b.io/app')).toBeUndefined()
  })
})
