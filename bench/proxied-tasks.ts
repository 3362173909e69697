import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { NO_COMPANY } from '../src/domain/company-network.ts'
import { parseTarget } from '../src/domain/network/parse-target.ts'
import { TRUST_FILES } from '../src/domain/network/trust-files.ts'
import { egress } from '../src/egress/client.ts'
import { certificate } from '../test/fixtures/certificate.ts'
import { startChild } from './child.ts'

const rulesOf = (target: string) => {
  const rules = parseTarget(target, 'flag')
  if (!rules.ok) throw new Error(rules.error)
  return rules.value
}

/** A gateway of its own, in a folder of its own, with a server that its tasks may reach. */
export const proxiedTasks = async () => {
  const folder = mkdtempSync(join(tmpdir(), 'berth-bench-proxy-'))
  const { cert, key, file } = certificate(folder, 'upstream')
  const upstream = await startChild<{ plain: number; tunnel: number; inspect: number }>('web-upstream.ts', {
    cert,
    key,
  })
  mkdirSync(join(folder, 'state'))
  const port = egress({
    runtimeDir: join(folder, 'run'),
    stateDir: join(folder, 'state'),
    gatewayEntry: join(import.meta.dirname, '../dist/gateway.js'),
    node: process.execPath,
  })
  const { plain, tunnel, inspect } = upstream.answer
  const local = [`127.0.0.1:${plain} private`, `127.0.0.1:${tunnel} private`, `127.0.0.1:${inspect} private inspect`]
  const company = { ...NO_COMPANY, caFile: file }
  const folderOf = (task: string) => join(folder, 'tasks', task)
  const tasks = new Set<string>()
  return {
    folder,
    upstream: { ...upstream.answer, cert, file },
    /** Rules for the ports of the server: plain, tunnelled and inspected. */
    local,
    /** The socket that was opened. `allow` null: the task has no proxy. */
    open: async (task: string, allow: readonly string[] | null): Promise<string> => {
      mkdirSync(folderOf(task), { recursive: true })
      const socket = join(folderOf(task), 'gateway.sock')
      const network = allow === null ? null : { rules: allow.flatMap(rulesOf) }
      tasks.add(task)
      const isLocal = allow?.some((target) => local.includes(target)) ?? false
      await port.open({ task, socket, model: null, company: isLocal ? company : NO_COMPANY, network })
      return socket
    },
    /** What the programs of a task trust. */
    trustOf: (task: string): string => readFileSync(join(folderOf(task), TRUST_FILES.pem), 'utf8'),
    pid: async (): Promise<number> => (await port.status())?.pid ?? 0,
    /** Ends the gateway. */
    retire: async () => {
      for (const task of tasks) await port.close(task)
      tasks.clear()
      await port.retire()
    },
    [Symbol.asyncDispose]: async () => {
      for (const task of tasks) await port.close(task)
      await port.retire()
      await port[Symbol.asyncDispose]()
      upstream.kill()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
