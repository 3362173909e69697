// The gateway with the proxies of many tasks: how long each takes to open, and the memory of all.
import { setTimeout as sleep } from 'node:timers/promises'
import { peakOf } from './peak.ts'
import { proxiedTasks } from './proxied-tasks.ts'
import { median, record } from './ratio.ts'
import { client } from './web-client.ts'

const TASKS = 100
const OPENS = Number(process.env['ROUNDS'] ?? 20)
/** After that the gateway has given back what it does not need. */
const SETTLE_MS = 3000
const MB = 1024 * 1024

await using tasks = await proxiedTasks()
const { local, upstream } = tasks
/** What a task may be allowed: nothing beside its model, or a registry that is inspected. */
const RULES = { 'no-proxy': null, 'no-rule': [], npm: ['npm'] } as const

const timeOf = async (work: Promise<unknown>): Promise<number> => {
  const from = performance.now()
  await work
  return performance.now() - from
}

/** The gateway runs already, but has had no task of this kind. */
const measureOpen = async (kind: keyof typeof RULES) => {
  await tasks.open('t-before', null)
  const first = await timeOf(tasks.open(`t-${kind}`, RULES[kind]))
  const further: number[] = []
  for (let n = 0; n < OPENS; n += 1) further.push(await timeOf(tasks.open(`t-${kind}-${n}`, RULES[kind])))
  record(`proxy-open-first-${kind}-ms`, first, null)
  record(`proxy-open-${kind}-ms`, median(further), null)
  await tasks.retire()
}

const measureMemory = async () => {
  await tasks.open('t-before', null)
  const gateway = peakOf(await tasks.pid())
  const before = gateway.rss()
  const clients: ReturnType<typeof client>[] = []
  for (let n = 0; n < TASKS; n += 1) {
    const task = `t-${n}`
    const proxy = await tasks.open(task, ['npm', ...local])
    const one = client({ proxy, scheme: 'https', port: upstream.inspect, ca: tasks.trustOf(task) }, true)
    await one.get()
    clients.push(one)
  }
  await sleep(SETTLE_MS)
  for (const { get } of clients) await get()
  record('proxy-memory', gateway.rss() / MB, 150)
  record('proxy-memory-before', before / MB, null)
  for (const { close } of clients) close()
}

for (const kind of ['no-proxy', 'no-rule', 'npm'] as const) await measureOpen(kind)
await measureMemory()
