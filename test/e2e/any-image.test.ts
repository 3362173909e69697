import { dirname } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { outputs } from '../fixtures/agent-bench.ts'
import { type Berth, berth } from '../fixtures/berth.ts'
import { TEST_ALL, type TestEngine, testEngines } from '../fixtures/engines.ts'
import { ANY_IMAGES, type AnyImageName, anyImage } from '../fixtures/images/any-image.ts'
import { type ModelServer, startModelServer } from '../fixtures/model-server/start-model-server.ts'
import { giveTo, ordinaryUser } from '../fixtures/ordinary-user.ts'
import { git } from '../fixtures/remotes/git.ts'
import type { Remote } from '../fixtures/remotes/remote.ts'
import { startFileRemote } from '../fixtures/remotes/start-file-remote.ts'
import { TEST_AGENTS } from '../fixtures/test-agents.ts'

const KEY = 'sk-canary-6a1d90e2b4'

/** What the agent's command does beside its work, and what it then says. */
const LOOKS: Readonly<Record<AnyImageName, { readonly shell: string; readonly says: readonly (string | RegExp)[] }>> = {
  busybox: { shell: 'busybox | head -1', says: ['BusyBox'] },
  essential: { shell: 'cat /etc/debian_version', says: [/^12\./m] },
  older: { shell: 'cat /etc/debian_version', says: [/^11\./m] },
  musl: { shell: 'hello; echo "preload=$LD_PRELOAD"', says: ['hello from musl', 'preload=/usr/lib/preloaded.so'] },
  'no-authorities': {
    shell: 'ls /etc/ssl/certs | wc -l; test -s "$SSL_CERT_FILE" && echo trusted',
    says: [/^0$/m, 'trusted'],
  },
  'no-tmp': { shell: 'mktemp > /tmp/name && cat /tmp/name && echo "temporary is fine"', says: ['temporary is fine'] },
  'read-only': {
    shell:
      'touch /etc/x 2>/dev/null || echo "root is closed"; mktemp > /tmp/name && cat /tmp/name && echo "temporary is fine"',
    says: ['root is closed', 'temporary is fine'],
  },
  'odd-user': {
    shell: 'which-one; echo "path=$PATH home=$HOME user=$USER config=$XDG_CONFIG_HOME."',
    says: ['the odd one', /path=(.*:)?\/opt\/odd bin:\/opt\/berth\/bin home=\/home\/agent user=agent config=\.$/m],
  },
  entrypoint: { shell: 'echo "wrapped=$WRAPPED."', says: ['wrapped=.'] },
  variables: {
    shell: [
      'echo "preload=$LD_PRELOAD library=$LD_LIBRARY_PATH dir=$GIT_DIR node=$NODE_OPTIONS mine=$OF_THE_IMAGE"',
      'unset GIT_DIR; sort -u /tmp/preloaded | tr "\\n" " "; echo is loaders; git --version; NODE_OPTIONS= node --version',
    ].join('; '),
    says: [
      'preload=/opt/witness.so library=/nowhere dir=/nowhere.git node=--require /nowhere/steer.cjs mine=a word',
      /^(?!.*\/opt\/berth\/).*\/usr\/bin\/sort .*is loaders$/m,
      /^git version 2/m,
      /^v24/m,
    ],
  },
  volume: { shell: 'ls -A | tr "\\n" " "', says: [/^(?!.*of-the-image)/] },
  owned: {
    shell: 'ls -A ~ > /dev/null && echo "home is mine"; ls secret 2>&1',
    says: ['home is mine', /secret: No such file/],
  },
}

const AGENTS = TEST_AGENTS.map(({ id }) => id)
const agentOf = (id: string) => {
  const agent = TEST_AGENTS.find((one) => one.id === id)
  if (agent === undefined) throw new Error(`no agent ${id}`)
  return agent
}

/** On Docker each image with one CLI, each CLI with three; two images on Podman, one without root. */
const SOME: Readonly<Record<TestEngine['name'], readonly (readonly [AnyImageName, string])[]>> = {
  docker: ANY_IMAGES.map((image, index) => [image, AGENTS[index % AGENTS.length] ?? ''] as const),
  podman: [
    ['musl', 'codex'],
    ['variables', 'claude'],
  ],
  rootless: [['no-tmp', 'codex']],
}
const ALL = ANY_IMAGES.flatMap((image) => AGENTS.map((agent) => [image, agent] as const))

describe.concurrent.each(testEngines())('any image on $name', (engine) => {
  let b: Berth
  let model: ModelServer
  let remote: Remote
  beforeAll(async () => {
    const keys = Object.fromEntries(TEST_AGENTS.map(({ key }) => [key, KEY]))
    const user = engine.name === 'rootless' ? ordinaryUser() : undefined
    const env = user === undefined ? keys : { ...keys, XDG_RUNTIME_DIR: `/run/user/${user.uid}` }
    b = berth({ env, ...(user && { uid: user.uid, gid: user.gid }) })
    model = await startModelServer()
    remote = await startFileRemote()
    if (user !== undefined) giveTo(dirname(remote.bare), user)
  })
  afterAll(async () => {
    await b.close()
    await model.close()
    await remote.close()
  })

  test.each(TEST_ALL ? ALL : SOME[engine.name])('%s with %s', async (name, id) => {
    const image = await anyImage(engine, name)
    const agent = agentOf(id)
    const { shell, says } = LOOKS[name]
    const scenario = `${name}-${id}`
    // Git is the toolbox' where the image has none.
    const work =
      'echo made > made.txt; (unset GIT_DIR; git add made.txt && git commit -qm "by the agent"; git log -1 --format=author=%ae)'
    model.load(
      { key: KEY, steps: [{ text: 'I work.', shell: `${work}; ${shell}` }], after: { text: 'All done.' } },
      scenario,
    )
    const url = `${model.url}/s/${scenario}${agent.basePath}`
    const place = ['--engine', engine.flag, '--image', image, '--agent', id, '--model', agent.model, '--base-url', url]
    const started = await b.run(['start', ...place, '--repo', remote.url, '--branch', 'main', 'do it'])
    expect(started, started.stderr).toMatchObject({ code: 0 })
    const task = started.stdout.trim()
    const { code } = await b.run(['wait', task])
    const record = await b.status(task)
    const events = await b.events(task)
    expect(code, `${record.reason ?? ''}\n${JSON.stringify(events, null, 1).slice(-6000)}`).toBe(0)
    const said = outputs(events).join('\n')
    for (const words of ['author=ada@example.org', ...says]) expect(said).toMatch(words)
    expect(said).not.toContain('cannot change locale')
    expect(events.filter((event) => event.type === 'untrusted')).toEqual([])
    const trust = { env: { GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'safe.directory', GIT_CONFIG_VALUE_0: '*' } }
    expect(git(remote.bare, ['show', `berth/${task}:made.txt`], trust)).toBe('made')
    expect(git(remote.bare, ['log', '-1', '--format=%s', `berth/${task}`], trust)).toBe('by the agent')
    expect(git(remote.bare, ['diff', '--name-only', 'main', `berth/${task}`], trust)).toBe('made.txt')
  })
})
