import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Berth, berth } from '../fixtures/berth.ts'
import { TEST_ALL, testEngines } from '../fixtures/engines.ts'
import { ordinaryUser } from '../fixtures/ordinary-user.ts'
import { type Tmux, tmux } from '../fixtures/tmux.ts'

/** Of root, or of an ordinary user for rootless Podman. */
const berthOn = (name: string): Berth => {
  if (name !== 'rootless') return berth()
  const { uid, gid } = ordinaryUser()
  return berth({ uid, gid, env: { XDG_RUNTIME_DIR: `/run/user/${uid}` } })
}

describe.each(testEngines())('shell on $name', ({ flag, name }) => {
  let b: Berth
  let id = ''
  let terminal: Tmux | undefined
  beforeAll(async () => {
    b = berthOn(name)
    const agent = ['--agent', 'noop', '-c', 'sleep=600', '--env', 'FROM_TASK=yes']
    id = (await b.run(['start', '--engine', flag, '--no-repo', ...agent, 'wait'])).stdout.trim()
    await b.until(id, (event) => event.type === 'turn.phase' && event.phase === 'agent')
  })
  afterAll(async () => {
    await terminal?.close()
    await b.close()
  })
  const shell = (words: readonly string[], input?: string) =>
    b.run(['shell', id, ...words], input === undefined ? {} : { input })

  test("a program has pipes, the agent's user, folder and variables, and its own exit code", async () => {
    const seen = 'id -u; pwd; echo $HOME $FROM_TASK; cat; echo error >&2; exit 7'
    const ran = await shell(['--', 'sh', '-c', seen], 'from stdin\n')
    expect(ran).toEqual({
      code: 7,
      stdout: `${name === 'rootless' ? ordinaryUser().uid : 1000}\n/work\n/home/agent yes\nfrom stdin\n`,
      stderr: 'error\n',
    })
    expect((await shell(['--', 'sh', '-c', 'kill -TERM $$'])).code).toBe(143)
    expect((await shell(['--', 'sh', '-c', 'exit 255'])).code).toBe(255)
  })

  test('without a command it is a shell; one that is not there is told', async () => {
    expect(await shell([], 'echo $((6 * 7))\n')).toMatchObject({ code: 0, stdout: '42\n' })
    const none = await shell(['--', 'no-such-program'])
    expect(none).toMatchObject({ code: 127, stdout: '' })
    expect(none.stderr).toMatch(/^berth: .*no-such-program/)
  })

  test.runIf(TEST_ALL || name !== 'podman')(
    'on a terminal it has one, follows its size, and leaves it whole',
    async () => {
      terminal = await tmux(b, { columns: 100, rows: 30 })
      const flags = await terminal.flags()
      await terminal.line(`$B shell ${id}; echo "code $?"`)
      await terminal.line('PS1="in> "; stty size')
      await terminal.until((screen) => /^30 100$/m.test(screen), 'the size')
      await terminal.resize(90, 20)
      await terminal.line('while [ "$(stty size)" != "20 90" ]; do sleep 0.1; done; echo grown')
      await terminal.until((screen) => /^grown$/m.test(screen), 'the other size')
      // A Ctrl-C that comes before the program does not always reach it: bash takes it.
      await terminal.line(
        "sh -c 'echo asl''eep; exec sleep 1000'; printf '\\033[?25l\\033[?1000h\\033]0;stolen\\007\\033[31mred\\n'",
      )
      await terminal.until((screen) => /^asleep$/m.test(screen), 'the program')
      await terminal.keys('C-c')
      await terminal.line("printf '\\033[?25l\\033[?1000h\\033]0;stolen\\007\\033[31mred\\n'")
      await terminal.until((screen) => /^red$/m.test(screen), 'the colours')
      await terminal.line('exit 9')
      await terminal.shown('code 9')
      expect(await terminal.flags()).toBe(flags.replace('lower=29', 'lower=19'))
    },
  )
})
