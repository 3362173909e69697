import { existsSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { AuditEntry } from '../../src/domain/network/audit-entry.ts'
import { anyEngine } from '../fixtures/engines.ts'
import { forwardBench } from '../fixtures/forward-bench.ts'
import { libraryIn } from '../fixtures/library.ts'
import { testBench } from '../fixtures/test-bench.ts'
import { processesOf } from '../fixtures/whole/processes-of.ts'

const FIELDS = ['at', 'host', 'port', 'method', 'path', 'verdict', 'rule', 'status', 'bytesIn', 'bytesOut', 'ms']

const entriesIn = (text: string): readonly AuditEntry[] =>
  text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as AuditEntry)

/** A server of this machine, at an address that programs ask by the proxy. */
const HOST = '127.0.0.2'
let server: Server
let place = ''
beforeEach(async () => {
  server = createServer((request, response) => {
    if (request.url !== '/endless') {
      response.end('from outside')
      return
    }
    response.write('begun')
    const timer = setInterval(() => response.write('more'), 50)
    response.once('close', () => clearInterval(timer))
  })
  await new Promise<void>((resolve) => server.listen(0, HOST, resolve))
  place = `${HOST}:${(server.address() as AddressInfo).port}`
})
afterEach(() => {
  server.closeAllConnections()
  server.close()
})

const bench = (flag: string) => {
  const t = testBench('test')
  const f = forwardBench(() => t.b, flag)
  afterEach(f.close)
  const curl = async (id: string, ...args: readonly string[]) =>
    (await t.b.run(['exec', '--no-stdin', id, '--', 'curl', '-sS', '-m', '60', ...args])).stdout
  const kill = async (pid: number | undefined) => {
    if (pid === undefined) throw new Error('there is nothing to kill')
    process.kill(pid, 'SIGKILL')
    while (existsSync(`/proc/${pid}/exe`)) await sleep(20)
  }
  const pidOf = (role: 'supervisor' | 'gateway') => processesOf([t.b.home]).find((one) => one.role === role)?.pid
  const killAll = async (...roles: readonly ('supervisor' | 'gateway')[]) => {
    const pids = roles.map(pidOf)
    await Promise.all(pids.map(kill))
  }
  const audit = async (id: string, ...flags: readonly string[]) =>
    entriesIn((await t.b.run(['net', id, '--json', ...flags])).stdout)
  return { t, f, curl, killAll, audit }
}

describe.each(anyEngine())('rules that come and go, on $name', ({ flag }) => {
  const { t, f, curl, killAll, audit } = bench(flag)

  test('a denied host must fail at once with the command that allows it; allowed, it is reached without a restart; denied again, it ends', async () => {
    const id = await f.startTask(t.remote.url)
    const following = t.b.begin(['net', id, '-f', '--json'])
    const target = `${place} private`
    const refused = await curl(id, '-i', `http://${place}/`)
    expect(refused).toContain(`HTTP/1.1 403 Denied by Berth: berth allow ${id} '${target}'`)
    expect(refused).toContain('"code":"egress_denied"')
    await curl(id, `http://${place}/again`)
    const [, port] = place.split(':')
    const event = await t.b.until(id, ({ type }) => type === 'egress.denied')
    expect(event).toMatchObject({ turn: 1, host: HOST, port: Number(port), allow: target, count: 1 })

    expect(await t.b.run(['allow', id, target])).toMatchObject({ code: 0, stdout: `${id} allowed ${target}\n` })
    expect(await curl(id, `http://${place}/`)).toBe('from outside')
    await killAll('supervisor')
    expect(await curl(id, `http://${place}/`)).toBe('from outside')

    const endless = t.b.begin(['exec', '--no-stdin', id, '--', 'curl', '-sSN', `http://${place}/endless`])
    await expect.poll(endless.seen).toContain('begun')
    expect(await t.b.run(['deny', id, place])).toMatchObject({ code: 0, stdout: `${id} denied ${place}\n` })
    expect((await endless.over).code).not.toBe(0)
    await killAll('supervisor', 'gateway')
    expect(await curl(id, '-o', '/dev/null', '-w', '%{http_code}', `http://${place}/`)).toBe('403')

    const record = await t.b.status(id)
    expect(record.liveRules).toEqual([
      { target, effect: 'allow' },
      { target: place, effect: 'deny' },
    ])
    expect((await t.b.run(['status', id])).stdout).toMatch(
      new RegExp(`^denials +${place}, .*: berth allow ${id} `, 'm'),
    )
    await f.finish(id)
    expect((await t.b.run(['wait', id])).code).toBe(0)
    const events = await t.b.events(id)
    const denied = events.filter((one) => one.type === 'egress.denied')
    expect(denied.map(({ count }) => count)).toEqual([1, 3])

    // The audit is the same while it is followed and when all is over.
    const entries = await audit(id)
    const { code, stdout } = await following.over
    expect([code, entriesIn(stdout)]).toEqual([0, entries])
    expect(entries.map(({ verdict, path, status, rule }) => [verdict, path, status, rule])).toEqual([
      ['denied', '/', 403, null],
      ['denied', '/again', 403, null],
      ['allowed', '/', 200, target],
      ['allowed', '/', 200, target],
      ['allowed', '/endless', 200, target],
      ['denied', '/', 403, place],
    ])
    expect(entries[4]?.reason).toBe('no rule allows it any more')
    for (const entry of entries) expect(Object.keys(entry).slice(0, FIELDS.length)).toEqual(FIELDS)
    expect(entries[2]).toEqual({
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      host: HOST,
      port: Number(port),
      method: 'GET',
      path: '/',
      verdict: 'allowed',
      rule: target,
      status: 200,
      bytesIn: 'from outside'.length,
      bytesOut: 0,
      ms: expect.any(Number),
    })
    expect((await audit(id, '--denied')).map(({ reason }) => reason)).toEqual([
      ...Array.from({ length: 2 }, () => `no rule of this task allows ${place}`),
      `the rule "${place}" (live) denies ${place}`,
    ])
  })
})

describe.each(anyEngine())('the network of a task, on $name', ({ flag }) => {
  const { t, f, curl, audit } = bench(flag)
  const library = libraryIn(() => t.b)
  const noop = (...args: readonly string[]) => ['--engine', flag, '--agent', 'noop', '--repo', t.remote.url, ...args]
  const asking = () => `shell=curl -s -o /dev/null -w "%{http_code}" http://${place}/`

  test('what a client writes must stand in one entry each, and not reach a terminal', async () => {
    const id = await f.startTask(t.remote.url)
    const forged = '{"kind":"net","verdict":"allowed","host":"evil.example"}'
    const odd = [
      `GET http://a.example/%0a${encodeURIComponent(forged)} HTTP/1.1\r\nHost: a.example\r\n\r\n`,
      `GET http://a.example/\u001b]0;owned\u0007 HTTP/1.1\r\nHost: a.example\r\n\r\n`,
      `GET http://a.example/x","verdict":"allowed HTTP/1.1\r\nHost: a.example\r\nX-A: ${forged}\r\n\r\n`,
      `CONNECT b.example:443","host":"c.example HTTP/1.1\r\nHost: b.example:443\r\n\r\n`,
      `CONNECT \u202eb.example:443 HTTP/1.1\r\nHost: b.example:443\r\n\r\n`,
      `\n${forged}\n`,
    ]
    const program = `const { connect } = require('node:net')
      const { hostname, port } = new URL(process.env.HTTP_PROXY)
      const say = (text) => new Promise((resolve) => connect(port, hostname).on('close', resolve).on('error', resolve).resume().end(text))
      ;(async () => { for (const text of ${JSON.stringify(odd)}) await say(text) })()`
    expect((await t.b.run(['exec', '--no-stdin', id, '--', '/opt/berth/bin/node', '-e', program])).code).toBe(0)
    await expect.poll(async () => (await audit(id)).length).toBe(odd.length)
    const entries = await audit(id)
    expect(entries.every(({ verdict }) => verdict === 'denied')).toBe(true)
    expect(entries.map(({ host }) => host).filter((host) => host !== null && host !== 'a.example')).toEqual([])
    const { stdout } = await t.b.run(['net', id])
    expect(stdout.split('\n')).toHaveLength(odd.length + 2)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what must not come through.
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/)
    await f.finish(id)
  })

  test('run must say a denial once on stderr where there is no terminal, and nothing of it with --quiet', async () => {
    const twice = 'shell=curl -s http://a.example/; curl -s http://a.example/x'
    const plain = await t.b.run(['run', ...noop('--provider-arg', twice, 'ask')])
    const said = plain.stderr.split('\n').filter((line) => line.includes('denied: '))
    const id = /task (t-[0-9a-z]+)/.exec(plain.stdout)?.[1]
    expect(said).toEqual([
      `! denied: no rule of this task allows a.example:80; \`berth allow ${id} a.example\` allows it`,
    ])
    expect(plain.stdout).not.toContain('! denied')
    expect(plain.stderr).toContain(`berth net ${id} --denied`)
    const { stderr } = await t.b.run(['run', '--quiet', ...noop('--provider-arg', twice, 'ask')])
    expect(stderr).not.toContain('denied')
  })

  test('a task between its turns must keep what is allowed for the next one; the library says the same', async () => {
    await using b = await library.berth()
    const task = await b.launch({
      agent: 'noop',
      engine: flag,
      repo: t.remote.url,
      providerArg: { shell: asking().replace('shell=', '') },
      prompt: 'ask',
    })
    await task.wait()
    const { stdout } = await t.b.run(['allow', task.id, `${place} private`])
    expect(stdout).toBe(`${task.id} allowed ${place} private, from its next turn on\n`)
    await task.send('again')
    await task.wait()
    const said = (await t.b.events(task.id)).flatMap((event) => (event.type === 'agent.output' ? event.text : []))
    expect(said).toEqual(['403', '200'])
    const entries: AuditEntry[] = []
    for await (const entry of task.net()) entries.push(entry)
    expect(entries.map(({ verdict }) => verdict)).toEqual(['denied', 'allowed'])
    expect((await task.deny([place])).liveRules).toHaveLength(2)
    await expect(task.allow(['npmm'])).rejects.toMatchObject({ code: 'bad-request' })
  })

  test('a bad target, one that stays denied, and a task without rules must each be one clear error', async () => {
    const id = await f.startTask(t.remote.url, ['--deny', '*.example'])
    const open = await f.startTask(t.remote.url, ['--policy', 'open'])
    const refusals = [
      [
        ['allow', id, 'npmm'],
        /unknown group "npmm" \(did you mean npm\?\): the groups are npm, .*\n.*berth allow --help/,
      ],
      [['allow', id, 'example.org/x'], /has a path/],
      [['allow', id, 'example.org', 'GET'], /GET belongs to the target before it/],
      [['allow', id, '10.0.0.1'], /write "10\.0\.0\.1 private"/],
      [['allow', id, 'a.example'], /the rule "\*\.example" \(flag\) denies a\.example/],
      [['deny', id, 'a*b.example'], /whole labels/],
      [['allow', open, 'npm'], /has --policy open: its network is not Berth's/],
      [['deny', 't-nowhere', 'npm'], /no such task/],
    ] as const
    for (const [args, words] of refusals) {
      const { code, stdout, stderr } = await t.b.run(args)
      expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: '', stderr: expect.stringMatching(words) })
    }
    expect((await t.b.status(id)).liveRules).toBeUndefined()
    expect(await curl(id, '-o', '/dev/null', '-w', '%{http_code}', 'http://a.example/')).toBe('403')
    await Promise.all([f.finish(id), f.finish(open)])
  })
})
