import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { anyEngine } from '../fixtures/engines.ts'
import { anyImage } from '../fixtures/images/any-image.ts'
import { git } from '../fixtures/remotes/git.ts'
import { startSshRemote } from '../fixtures/remotes/start-ssh-remote.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'
import { testBench } from '../fixtures/test-bench.ts'

type Report = { readonly id: string; readonly task: string; readonly state: string; readonly workspace: string }

/** What the agent does: each line of its file is the effect of a key. */
const LOOK = `{ sh ~/greet.sh; echo "$FROM_FILE $FROM_TABLE $BOTH"; cat /data/note
cat /sys/fs/cgroup/pids.max 2>/dev/null || cat /sys/fs/cgroup/pids/pids.max; } > seen.txt`

describe.each(anyEngine())('keys of a manifest on $name', (engine) => {
  const { flag } = engine
  const t = testBench('test')
  const start = async (path: string, ...args: readonly string[]) => {
    const ran = await t.b.run(['session', 'start', '-f', path, '--wait', '--json', ...args])
    return { ...ran, sessions: (JSON.parse(ran.stdout) as { sessions: readonly Report[] }).sessions }
  }
  const defaults = () => `engine = "${flag}"\nrepo = "${t.remote.url}"\nbranch = "main"\nbase-url = "${t.model.url}"\n`

  test('must each have their effect', async () => {
    using folder = temporaryFolder()
    const put = (name: string, text: string) => writeFileSync(folder.at(name), text)
    mkdirSync(folder.at('data'))
    put('data/note', 'a note\n')
    put('vars.env', 'FROM_FILE=file\nBOTH=file\n')
    put('tools.sh', 'echo "echo hello from $FROM_FILE" > ~/greet.sh && echo ready')
    put('work.md', 'Look around.')
    put(
      'keys.toml',
      `[defaults]\n${defaults()}[bundles.tools]\nstartup-script = "tools.sh"\n
[[sessions]]
id = "look-{n}"
role = "scout"
bundle = "tools"
goal = "Know the place"
prompt-file = "work.md"
env-file = "vars.env"
env = { FROM_TABLE = "table", BOTH = "table" }
mounts = ["data:/data:ro"]
labels = { team = "blue" }
resources = { pids = 333 }
`,
    )
    t.model.load({
      steps: [{ contains: 'Know the place', shell: LOOK }, { text: 'seen' }],
    })
    const { code, stderr, sessions } = await start(folder.at('keys.toml'))
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(sessions).toMatchObject([{ id: 'look-1', role: 'scout', state: 'done' }])
    const task = sessions[0]?.task ?? ''
    const seen = git(t.remote.bare, ['show', `berth/${task}:seen.txt`])
    expect(seen.split('\n')).toEqual(['hello from file', 'file table table', 'a note', '333'])
    const { labels } = await t.b.status(task)
    expect(labels).toMatchObject({ team: 'blue', 'berth.role': 'scout', 'berth.session': 'look-1' })
    const events = await t.b.events(task)
    expect(events).toContainEqual(expect.objectContaining({ type: 'startup.output', text: 'ready' }))
    expect(events).toContainEqual(expect.objectContaining({ type: 'startup.ended', code: 0 }))
  })

  test('image, profile, provider, result, tags, transcript and a named workspace must each have their effect', async () => {
    using folder = temporaryFolder()
    const image = await anyImage(engine, 'essential')
    writeFileSync(`${t.b.home}/config.toml`, '[profiles.small]\nmemory = "700m"\n')
    writeFileSync(folder.at('bad.sh'), 'exit 9\n')
    writeFileSync(
      folder.at('more.toml'),
      `[defaults]\n${defaults()}prompt = "work"
[[sessions]]
id = "plan"
image = "${image}"
profile = "small"
provider = "codex"
output-schema = { type = "object", required = ["files"] }
tags = ["night"]
transcript-dir = "lines"
workspace-prefix = "trees/t-"
operator-contact = "ann@example.org"
prompt = "make a plan"
[[sessions]]
id = "broken"
startup-script = "bad.sh"
[[sessions]]
id = "build"
after = ["plan", "broken"]
after-failed = "run"
prompt = "Build {{results.plan.json}}"
`,
    )
    t.model.load({
      steps: [
        { contains: 'make a plan', text: '{"files": ["planned.txt"]}' },
        { contains: 'planned.txt', text: 'built' },
      ],
    })
    const { sessions } = await start(folder.at('more.toml'))
    expect(sessions.map(({ id, state }) => [id, state])).toEqual([
      ['plan', 'done'],
      ['broken', 'failed'],
      ['build', 'done'],
    ])
    const [plan, , build] = await Promise.all(sessions.map(({ task }) => t.b.status(task)))
    expect(plan).toMatchObject({
      ...{ image, workspace: folder.at('trees', 't-1'), tags: ['night'], operatorContact: 'ann@example.org' },
      ...{ provider: { id: 'codex' }, pushed: null },
    })
    expect(plan?.effective).toContainEqual(
      expect.objectContaining({ setting: 'memory', asked: String(700 * 1024 ** 2) }),
    )
    const lines = readFileSync(folder.at('lines/none/plan/transcript.ndjson'), 'utf8').trimEnd().split('\n')
    for (const line of lines) expect(JSON.parse(line)).toMatchObject({ session: 'plan', tags: ['night'] })
    expect((await t.b.run(['result', plan?.id ?? ''])).stdout).toBe('{\n  "files": [\n    "planned.txt"\n  ]\n}\n')
    const asked = (await t.b.events(build?.id ?? '')).find(({ type }) => type === 'turn.rendered')
    expect(JSON.stringify(asked)).toContain('planned.txt')
  })

  test('an ssh key must open a repository that the caller cannot reach without it', async () => {
    const remote = await startSshRemote()
    try {
      const path = join(dirname(remote.bare), 'ssh.toml')
      const row = '[[sessions]]\nid = "one"\nprompt = "work"\n'
      const write = (key: string) =>
        writeFileSync(path, `[defaults]\n${defaults().replace(t.remote.url, remote.url)}${key}${row}`)
      const asked = ['session', 'start', '-f', path, '--wait', '--json']
      t.model.load({ steps: [{ shell: 'echo made > made.txt' }] })
      write('')
      expect(await t.b.run(asked, { env: remote.stranger })).toMatchObject({ code: 6 })
      expect((await t.b.json<{ tasks: readonly object[] }>(['ls', '-a'])).tasks).toEqual([])
      // Named from the manifest's folder.
      write('ssh-key = "known"\n')
      const ran = await t.b.run(asked, { env: remote.stranger })
      expect(ran, ran.stderr).toMatchObject({ code: 0 })
      const [session] = (JSON.parse(ran.stdout) as { sessions: readonly Report[] }).sessions
      expect(git(remote.bare, ['show', `berth/${session?.task}:made.txt`])).toBe('made')
    } finally {
      await remote.close()
    }
  })

  test('a startup script that fails and work off the branch must each end their session, and the others go on', async () => {
    using folder = temporaryFolder()
    writeFileSync(folder.at('bad.sh'), '#!/bin/sh\necho looking for gold >&2\nexit 9\n')
    writeFileSync(
      folder.at('two.toml'),
      `[defaults]\n${defaults()}prompt = "work"\n[[sessions]]\nid = "bad"\nstartup-script = "bad.sh"\n[[sessions]]\nid = "good"\n[[sessions]]\nid = "stray"\nprompt = "go astray"\n`,
    )
    const stray = 'git checkout -q -b other && echo x > x.txt && git add -A && git commit -qm x'
    t.model.load({ steps: [{ contains: 'go astray', shell: stray }] })
    const { code, sessions } = await start(folder.at('two.toml'))
    expect({ code, states: sessions.map(({ state }) => state) }).toEqual({
      code: 1,
      states: ['failed', 'done', 'failed'],
    })
    const { outcome } = await t.b.status(sessions[0]?.task ?? '')
    expect(outcome).toMatchObject({
      class: 'setup',
      reason: 'startup: the startup script ended with exit code 9; its last lines: looking for gold',
    })
    const other = await t.b.status(sessions[2]?.task ?? '')
    expect(other).toMatchObject({ outcome: { class: 'agent' }, pushed: null })
    expect(other.reason).toContain("the agent's work is on the branch other, and the session's branch is main")
  })

  test('a workspace must be the least free folder, be reused with its build cache, and go with its task', async () => {
    using folder = temporaryFolder()
    const path = folder.at('slots.toml')
    const keys = 'workspace-template = "slots/build-{n}"\nreuse-existing = true\nprompt = "build"\n'
    const write = (name: string) =>
      writeFileSync(
        path,
        `name = "${name}"\n[defaults]\n${defaults()}${keys}[[sessions]]\nid = "one"\n[[sessions]]\nid = "two"\n`,
      )
    write('first')
    const build =
      'echo "cache/" > .gitignore; mkdir -p cache; echo x >> cache/built; unlink README.md; echo "$((40 + 2)) built"'
    t.model.load({
      steps: [
        { contains: '42 built', times: -1, text: 'built' },
        { times: 4, shell: build },
      ],
    })
    const slots = [1, 2].map((n) => folder.at('slots', `build-${n}`))
    const first = await start(path)
    expect(first.sessions.map(({ workspace }) => workspace).toSorted()).toEqual(slots)
    write('second')
    const second = await start(path)
    expect(second.sessions.map(({ workspace }) => workspace).toSorted()).toEqual(slots)
    for (const slot of slots) expect(readFileSync(`${slot}/cache/built`, 'utf8')).toBe('x\nx\n')
    const [old = ''] = first.sessions.map(({ task }) => task)
    expect(await t.b.run(['send', old, 'more'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('its workspace is now that of'),
    })
    expect((await t.b.run(['rm', ...first.sessions.map(({ task }) => task)])).code).toBe(0)
    expect(readdirSync(folder.at('slots'))).toEqual(['build-1', 'build-2'])
    expect((await t.b.run(['rm', ...second.sessions.map(({ task }) => task)])).code).toBe(0)
    expect(readdirSync(folder.at('slots'))).toEqual([])
    expect(existsSync(folder.at('slots'))).toBe(true)
  })
})
