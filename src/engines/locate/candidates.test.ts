import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { candidates } from './candidates.ts'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

const withContext = (config: object, hosts: Readonly<Record<string, string>>) => {
  const folder = mkdtempSync(join(tmpdir(), 'berth-context-'))
  folders.push(folder)
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config))
  for (const [name, Host] of Object.entries(hosts)) {
    const meta = join(folder, 'contexts', 'meta', createHash('sha256').update(name).digest('hex'))
    mkdirSync(meta, { recursive: true })
    writeFileSync(join(meta, 'meta.json'), JSON.stringify({ Name: name, Endpoints: { docker: { Host } } }))
  }
  return folder
}
const endpoints = (...args: Parameters<typeof candidates>) => candidates(...args).map(({ endpoint }) => endpoint)

describe('candidates', () => {
  it('has Docker before Podman, system before user, for root', () => {
    expect(endpoints({}, 0)).toEqual([
      'unix:///var/run/docker.sock',
      'unix:///run/podman/podman.sock',
      'unix:///tmp/berth-0-podman/berth-podman.sock',
    ])
  })

  it('looks into the own run-time folder of an ordinary user', () => {
    const env = { XDG_RUNTIME_DIR: '/run/user/7', HOME: '/home/a' }
    expect(endpoints(env, 7)).toEqual([
      'unix:///var/run/docker.sock',
      'unix:///run/user/7/docker.sock',
      'unix:///home/a/.docker/run/docker.sock',
      'unix:///home/a/.docker/desktop/docker.sock',
      'unix:///run/user/7/podman/podman.sock',
      'unix:///run/user/7/berth-podman.sock',
    ])
    expect(endpoints(env, 7, 'podman')).toEqual(endpoints(env, 7).slice(4))
  })

  it('takes what a variable names and nothing in its stead', () => {
    const env = { DOCKER_HOST: 'unix:///d.sock', CONTAINER_HOST: 'unix:///p.sock', PODMAN_HOST: 'unix:///q.sock' }
    expect(endpoints(env, 7)).toEqual(['unix:///d.sock', 'unix:///p.sock'])
    expect(endpoints({ DOCKER_HOST: 'unix:///d.sock' }, 7)).toEqual(['unix:///d.sock'])
    expect(endpoints({ PODMAN_HOST: 'unix:///q.sock' }, 7, 'podman')).toEqual(['unix:///q.sock'])
    expect(endpoints({ DOCKER_HOST: 'unix:///d.sock' }, 0, 'podman')[0]).toBe('unix:///run/podman/podman.sock')
  })

  it('takes the docker context that is in use', () => {
    const folder = withContext({ currentContext: 'far' }, { far: 'unix:///far.sock', near: 'unix:///near.sock' })
    expect(candidates({ DOCKER_CONFIG: folder }, 7)).toEqual([
      { kind: 'docker', endpoint: 'unix:///far.sock', origin: 'docker context far', how: 'named' },
    ])
    expect(endpoints({ DOCKER_CONFIG: folder, DOCKER_CONTEXT: 'near' }, 7)).toEqual(['unix:///near.sock'])
    expect(endpoints({ DOCKER_CONFIG: folder, DOCKER_CONTEXT: 'default' }, 0)[0]).toBe('unix:///var/run/docker.sock')
    expect(endpoints({ DOCKER_CONFIG: folder, DOCKER_HOST: 'unix:///d.sock' }, 7)).toEqual(['unix:///d.sock'])
    expect(() => candidates({ DOCKER_CONFIG: folder, DOCKER_CONTEXT: 'gone' }, 7)).toThrow('docker context gone')
  })
})
