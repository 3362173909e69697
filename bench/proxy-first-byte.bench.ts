// What the proxy of a task adds until the first byte of an answer: on a new connection, and on one that is open.
import { startChild } from './child.ts'
import { proxiedTasks } from './proxied-tasks.ts'
import { alternate, record } from './ratio.ts'
import { client, type Way } from './web-client.ts'

const ROUNDS = Number(process.env['ROUNDS'] ?? 20) * 10
const BARS = { plain: null, tunnel: 2, inspect: 4 } as const
type Kind = keyof typeof BARS
const KINDS = Object.keys(BARS) as Kind[]

await using tasks = await proxiedTasks()
const { upstream } = tasks
const socket = await tasks.open('t-1', tasks.local)
const forwarder = await startChild<readonly number[]>('forwarder.ts', [socket])
const trusted = { plain: '', tunnel: upstream.cert, inspect: tasks.trustOf('t-1') }

const wayOf = (kind: Kind, proxy: number | null): Way => ({
  proxy,
  scheme: kind === 'plain' ? 'http' : 'https',
  port: upstream[kind],
  ca: proxy === null ? upstream.cert : trusted[kind],
})

const measure = async (kind: Kind, kept: boolean) => {
  const direct = client(wayOf(kind, null), kept)
  const proxied = client(wayOf(kind, forwarder.answer[0] ?? 0), kept)
  const ms = await alternate({ direct: direct.get, proxied: proxied.get }, ROUNDS)
  direct.close()
  proxied.close()
  const [by, without] = [ms['proxied'] ?? 0, ms['direct'] ?? 0]
  const where = kept ? 'next' : 'first'
  process.stdout.write(`${kind}, ${where} request: direct ${without.toFixed(2)} ms, by the proxy ${by.toFixed(2)} ms\n`)
  record(`proxy-${where}-byte-${kind}-ms`, by - without, kept ? null : BARS[kind])
}

try {
  for (const kind of KINDS) await measure(kind, false)
  for (const kind of KINDS) await measure(kind, true)
} finally {
  forwarder.kill()
}
