import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { rootfulEngines } from '../fixtures/engines.ts'
import { AFTER_FORGERY, forge } from '../fixtures/forge.ts'
import { git } from '../fixtures/remotes/git.ts'
import { makeBare, makeWorkTree } from '../fixtures/remotes/make-repository.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'
import { type Workshop, workshop } from '../fixtures/workshop.ts'

const SCRIPT = readFileSync(join(import.meta.dirname, '../fixtures/agents/hostile-repository.sh'), 'utf8')

/** Runs the hostile script in a folder of the agent's; what runs by it writes to a path that only this machine has. */
const poison = (mark: string) => `cat > /tmp/hostile.sh <<'THE_END'\n${SCRIPT}\nTHE_END\nsh /tmp/hostile.sh ${mark}`

const evilFiles = (mark: string): Readonly<Record<string, string>> => ({
  '.gitattributes': '* filter=evil diff=evil merge=evil\n',
  '.gitmodules': '[submodule "a"]\n\tpath = a\n\turl = ext::sh -c "touch /tmp/x"\n',
  '.gitconfig': `[core]\n\tfsmonitor = touch ${mark}\n\tpager = touch ${mark}\n`,
  '.lfsconfig': '[lfs]\n\turl = http://127.0.0.1:1/\n',
  '.mailmap': 'x <x> <y>\n',
  'hooks/pre-push': `#!/bin/sh\ntouch ${mark}\n`,
  'package.json': `{"scripts":{"postinstall":"touch ${mark}","prepare":"touch ${mark}"}}`,
  '.envrc': `touch ${mark}\n`,
  'README.md': 'hello\n',
})

const docker = rootfulEngines().slice(0, 1)

describe.each(docker)('hostile work on $name', ({ flag }) => {
  let shop: Workshop
  const folder = temporaryFolder('berth-hostile-')
  const mark = folder.at('canary')
  let url: string
  let n = 0
  beforeAll(async () => {
    shop = await workshop(flag)
  })
  beforeEach(() => {
    n += 1
    url = `file://${makeBare(folder.at(`remote-${n}.git`), evilFiles(mark))}`
  })
  afterAll(async () => {
    await shop.close()
    folder[Symbol.dispose]()
  })

  /** Every command that touches a task, one after the other. */
  const everyCommand = async (id: string, few = false) => {
    const said: Record<string, string> = {}
    const all = [
      ['status', id],
      ['status', '--verbose', id],
      ['log', id],
      ['log', '--raw', id],
      ['ls', '-a'],
      ['diff', id],
      ['diff', '--stat', id],
      ['push', id],
      ['push', '--to', `again-${n}`, id],
      ['stop', id],
      ['doctor'],
      ['rm', '--force', id],
    ]
    for (const args of few ? all.filter(([name]) => ['status', 'push', 'rm'].includes(name ?? '')) : all) {
      const ran = await shop.b.run(args)
      said[args.slice(0, 2).join(' ').replace(` ${id}`, '')] = ran.stdout + ran.stderr
      expect([args, ran.code !== 70 && ran.code !== null]).toEqual([args, true])
    }
    return said
  }

  test('a hostile tree in the remote and an agent that poisons its repository: nothing runs here', async () => {
    const ran = await shop.job({ args: ['--repo', url, '--branch', 'main'], shell: poison(mark) })
    expect(ran).toMatchObject({ code: 0 })
    const bare = url.slice('file://'.length)
    expect(git(bare, ['show', `berth/${ran.id}:work.txt`])).toBe('work')
    expect(git(bare, ['log', '-1', '--format=%an', `berth/${ran.id}`])).toBe('Ada')
    const said = await everyCommand(ran.id)
    expect(said['diff']).toContain('+work')
    expect(existsSync(mark)).toBe(false)
  })

  test('an agent that replaces its repository and the files of the exchange', async () => {
    for (const shell of [
      `rm -r .git && mkdir evil && git init -q evil && (cd evil && ${poison(mark).replaceAll('\n', '\n')}\n) ; echo "gitdir: evil/.git" > .git; echo work > w`,
      `mv .git /tmp/g && ln -s /tmp/g .git; echo work > w`,
      `ln -s /etc/shadow /berth/exchange/work.bundle; ln -s /etc/shadow /berth/exchange/work.patch; ln -s /etc/shadow w`,
      `mkfifo /berth/exchange/work.bundle /berth/exchange/work.patch; mkfifo w`,
      `truncate -s 900G /berth/exchange/work.bundle; truncate -s 900G /berth/exchange/work.patch`,
      `mkdir -p /berth/exchange/work.bundle/x; echo > /berth/exchange/work.bundle/x/y`,
      `echo /etc > .git/objects/info/alternates; echo w > w; git add w; git commit -qm w; ln -sf /etc/shadow .git/HEAD`,
    ]) {
      const ran = await shop.job({ args: ['--repo', url, '--branch', 'main'], shell })
      expect([shell, ran.id]).not.toEqual([shell, ''])
      expect([shell, ran.code === 0 || ran.code === 1 || ran.code === 7]).toEqual([shell, true])
      const task = join(shop.b.home, 'tasks', ran.id)
      const secret = readFileSync('/etc/shadow', 'utf8').split('\n')[0] ?? ''
      const look = spawnSync('find', [task, '-type', 'f', '-size', '-1000k', '-exec', 'grep', '-lF', secret, '{}', '+'])
      expect([shell, look.stdout.toString()]).toEqual([shell, ''])
      await everyCommand(ran.id, true)
      expect(existsSync(task)).toBe(false)
    }
    expect(existsSync(mark)).toBe(false)
    expect(readFileSync('/etc/shadow', 'utf8')).toContain('root:')
  })

  test('objects that would hurt those who fetch them are refused, and say why', async () => {
    const modules = `[submodule "a"]\n\tpath = a\n\turl = -u./x\n\tupdate = !touch /tmp/x\n`
    const ran = await shop.job({
      args: ['--repo', url, '--branch', 'main'],
      shell: `printf '%b' '${modules.replaceAll('\n', '\\n').replaceAll('\t', '\\t')}' > .gitmodules; git commit -qam evil`,
    })
    expect(ran).toMatchObject({ code: 7 })
    expect(ran.stdout).toMatch(/refused.*gitmodules/i)
    expect(git(url.slice('file://'.length), ['for-each-ref', '--format=%(refname)'])).toBe('refs/heads/main')
  })

  test('a bundle of the agent’s own making, with the worker killed behind it, is not taken', async () => {
    const shell = `node=$(ps -eo pid,args | awk '/worker\\/main.cjs/ && !/awk/ && !/tini/ {print $1; exit}'); printf '# v2 git bundle\\n%040d refs/heads/main\\n\\nPACKgarbage' 7 > /berth/exchange/work.bundle; kill -9 $node; sleep 20`
    const ran = await shop.job({ args: ['--repo', url, '--branch', 'main'], shell })
    expect(ran).toMatchObject({ code: 4 })
    expect(await shop.b.status(ran.id)).toMatchObject({ state: 'died', commits: [], pushed: null })
    expect(git(url.slice('file://'.length), ['for-each-ref', '--format=%(refname)'])).toBe('refs/heads/main')
    await everyCommand(ran.id, true)
  })

  test('forged frames: nothing is granted for them', async () => {
    const frame = (n: number, body: object) => JSON.stringify({ v: 1, n, t: Date.now(), ...body })
    const forged = [
      frame(1, { k: 'hello', worker: 'x', pid: 1 }),
      frame(900, {
        k: 'work',
        head: 'f'.repeat(40),
        base: '',
        branch: 'x',
        branches: [],
        uncommitted: [],
        committed: true,
        bundle: 3,
      }),
      frame(901, { k: 'end' }),
    ]
    const ran = await shop.job({
      args: ['--repo', url, '--branch', 'main', '--label', `case=${mark}`],
      shell: `(echo x > /proc/1/fd/1) 2>/dev/null || ${AFTER_FORGERY}; echo real > real.txt`,
      during() {
        const mine = ['ps', '-q', '--filter', `label=case=${mark}`]
        forge('docker', execFileSync('docker', mine).toString().trim(), forged)
      },
    })
    expect(ran).toMatchObject({ code: 0 })
    const events = await shop.b.events(ran.id)
    expect(events.filter((event) => event.type === 'untrusted').length).toBeGreaterThan(0)
    expect(git(url.slice('file://'.length), ['show', `berth/${ran.id}:real.txt`])).toBe('real')
    expect(events.map((event) => event.seq)).toEqual(events.map((_, i) => i + 1))
  })
})

describe.each(docker)('a hostile folder of this machine', ({ flag }) => {
  let shop: Workshop
  beforeAll(async () => {
    shop = await workshop(flag)
  })
  afterAll(() => shop.close())

  test.each(['clone', 'copy', 'mount'])(
    '--source %s: its configuration, hooks and filters do not run',
    async (source) => {
      using folder = temporaryFolder('berth-hostile-')
      const mark = folder.at('canary')
      const work = makeWorkTree(folder.at('work'), evilFiles(mark))
      writeFileSync(join(work, 'changed.txt'), 'x\n')
      const set = (key: string, value: string) => git(work, ['config', key, value])
      for (const key of [
        'core.fsmonitor',
        'core.pager',
        'core.sshCommand',
        'core.editor',
        'diff.external',
        'filter.evil.clean',
        'filter.evil.smudge',
        'filter.evil.process',
        'diff.evil.textconv',
        'diff.evil.command',
        'merge.evil.driver',
        'uploadpack.packObjectsHook',
        'credential.helper',
        'gpg.program',
      ])
        set(key, `touch ${mark}; cat`)
      mkdirSync(join(work, '.git/hooks'), { recursive: true })
      for (const hook of [
        'pre-commit',
        'post-checkout',
        'post-index-change',
        'reference-transaction',
        'pre-receive',
        'update',
        'post-receive',
        'post-update',
        'pre-push',
        'push-to-checkout',
        'proc-receive',
      ]) {
        writeFileSync(join(work, '.git/hooks', hook), `#!/bin/sh\ntouch ${mark}\n`)
        chmodSync(join(work, '.git/hooks', hook), 0o755)
      }
      if (source === 'mount') execFileSync('chown', ['-R', '1000:1000', folder.path])
      const ran = await shop.job({ args: ['--repo', work, '--source', source], shell: 'echo made > made.txt' })
      expect(ran).toMatchObject({ code: 0 })
      for (const args of [
        ['status', ran.id],
        ['diff', ran.id],
        ['log', ran.id],
        ['rm', ran.id],
      ])
        await shop.b.run(args)
      expect(existsSync(mark)).toBe(false)
      expect(readdirSync(work)).toContain('changed.txt')
    },
  )
})
