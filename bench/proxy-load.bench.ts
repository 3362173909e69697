// Requests a second by the proxy of tasks, beside proxies of the distribution: the same server, the same clients, in turn.
import { startChild } from './child.ts'
import { type OtherProxy, startProxy } from './other-proxies.ts'
import { proxiedTasks } from './proxied-tasks.ts'
import { median, record } from './ratio.ts'
import { client, type Way } from './web-client.ts'

const ROUNDS = Math.max(2, Math.round(Number(process.env['ROUNDS'] ?? 20) / 4))
const CLIENTS = 8
/** Of each client in a round. A new connection takes longer than a request. */
const REQUESTS = { kept: 100, new: 25 } as const

/** How each client asks, and by which proxies; `direct` and `berth` always. */
const LOADS = {
  plain: { port: 'plain', kept: true, others: ['squid', 'tinyproxy', 'mitmproxy'] },
  tunnel: { port: 'tunnel', kept: false, others: ['squid', 'tinyproxy'] },
  inspect: { port: 'inspect', kept: true, others: ['mitmproxy'] },
  'inspect-new': { port: 'inspect', kept: false, others: ['mitmproxy'] },
} as const
type Load = (typeof LOADS)[keyof typeof LOADS]

await using tasks = await proxiedTasks()
const { upstream } = tasks
const names = Array.from({ length: CLIENTS }, (_, n) => `t-${n}`)
// A task of its own for each client: the gateway limits how fast one task may ask.
const sockets: string[] = []
for (const name of names) sockets.push(await tasks.open(name, tasks.local))
const forwarder = await startChild<readonly number[]>('forwarder.ts', sockets)
const others = new Map<string, NonNullable<Awaited<ReturnType<typeof startProxy>>>>()

const trusted = (by: string, isInspected: boolean, n: number): string => {
  if (!isInspected || by === 'direct') return upstream.cert
  return by === 'berth' ? tasks.trustOf(names[n] ?? '') : (others.get(by)?.authority() ?? '')
}

const proxyOf = (by: string, n: number): number | null => {
  if (by === 'direct') return null
  return (by === 'berth' ? forwarder.answer[n] : others.get(by)?.port) ?? 0
}

const wayOf = (by: string, { port }: Load, n: number): Way => ({
  proxy: proxyOf(by, n),
  scheme: port === 'plain' ? 'http' : 'https',
  port: upstream[port],
  ca: trusted(by, port === 'inspect', n),
})

/** One round of all clients at once: requests a second, and how long each took. */
const round = async (clients: readonly ReturnType<typeof client>[], requests: number) => {
  const from = performance.now()
  const each = clients.map(async ({ get }) => {
    const times: number[] = []
    for (let n = 0; n < requests; n += 1) times.push(await get())
    return times
  })
  const times = (await Promise.all(each)).flat()
  return { rate: (times.length * 1000) / (performance.now() - from), times }
}

const measure = async (name: string, load: Load) => {
  const ways = ['direct', 'berth', ...load.others.filter((other) => others.has(other))]
  const all = ways.map((by) => ({
    by,
    // tinyproxy closes each connection after one request, and does not say so.
    clients: names.map((_, n) => client(wayOf(by, load, n), load.kept && by !== 'tinyproxy')),
    rates: [] as number[],
    times: [] as number[],
  }))
  for (let n = -1; n < ROUNDS; n += 1)
    for (const { clients, rates, times } of all) {
      const measured = await round(clients, REQUESTS[load.kept ? 'kept' : 'new'])
      if (n < 0) continue
      rates.push(measured.rate)
      times.push(...measured.times)
    }
  for (const { by, clients, rates, times } of all) {
    for (const { close } of clients) close()
    times.sort((a, b) => a - b)
    record(`proxy-load-${name}-${by}`, median(rates), null)
    record(`proxy-load-p99-${name}-${by}`, times[Math.floor(times.length * 0.99)] ?? 0, null)
  }
}

try {
  for (const name of ['squid', 'tinyproxy', 'mitmproxy'] satisfies OtherProxy[]) {
    const started = await startProxy(name, tasks.folder, upstream.file)
    if (started !== undefined) others.set(name, started)
  }
  for (const [name, load] of Object.entries(LOADS)) await measure(name, load)
} finally {
  for (const other of others.values()) await other.end()
  forwarder.kill()
}
