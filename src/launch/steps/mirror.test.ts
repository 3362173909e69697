import { expect, test } from 'vitest'
import type { EventBody } from '../../domain/event.ts'
import type { LaunchDeps } from '../deps.ts'
import { fetchMirror } from './mirror.ts'

const clone = (name: string, more: object = {}) => ({
  ...{ kind: 'clone', url: `/srv/${name}`, ref: null, sha: `${name}-sha`, branch: 'main', folder: name },
  ...more,
})

/** What was asked of git and what was told, with a second repository that git fetches like this. */
const fetched = async (mirror: (url: string) => object, further: readonly object[]) => {
  const asked: object[] = []
  const told: EventBody[] = []
  const git = {
    mirror: async ({ url, sha, pin }: { readonly url: string; readonly sha: string; readonly pin: string }) => {
      asked.push({ url, sha, pin })
      return mirror(url)
    },
  }
  const plan = { task: 't-1', turn: 1, source: clone('app'), further: further.map((source) => ({ source })) }
  const emit = (...events: EventBody[]) => void told.push(...events)
  const ended = await fetchMirror({ plan, git, emit, mirrorsDir: '/m', callerEnv: {} } as unknown as LaunchDeps).then(
    () => null,
    (error: Error) => error.message,
  )
  return { asked, told, ended }
}

test('each repository has its mirror, its pin and its event', async () => {
  const { asked, told, ended } = await fetched(() => ({}), [clone('lib')])
  expect(ended).toBeNull()
  expect(asked).toEqual([
    { url: '/srv/app', sha: 'app-sha', pin: 't-1' },
    { url: '/srv/lib', sha: 'lib-sha', pin: 't-1' },
  ])
  const [app, lib] = told
  expect(app).toMatchObject({ type: 'source.ready', url: '/srv/app', base: 'app-sha' })
  expect(app).not.toHaveProperty('repository')
  expect(lib).toMatchObject({ type: 'source.ready', repository: 'lib', url: '/srv/lib', base: 'lib-sha' })
})

test('a mirror that could not be refreshed is named by its folder', async () => {
  const { told } = await fetched((url) => (url === '/srv/lib' ? { stale: 'no answer' } : {}), [clone('lib')])
  const notices = told.filter(({ type }) => type === 'notice')
  expect(notices).toMatchObject([{ level: 'warning', text: expect.stringMatching(/^lib: Berth could not refresh/) }])
})

test('one that cannot be fetched ends the launch', async () => {
  const fail = (url: string) => {
    if (url === '/srv/lib') throw new Error('no lib')
    return {}
  }
  expect((await fetched(fail, [clone('lib')])).ended).toBe('no lib')
})
