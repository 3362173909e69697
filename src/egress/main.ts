import { closeSync, writeSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { BUILD } from '../std/build-id.ts'
import { LIMITS, type Limits } from './limits.ts'
import type { Announcement } from './protocol.ts'
import { runGateway } from './run-gateway.ts'

/** The one who started us may be gone already. */
const announce = (word: Announcement) => {
  try {
    writeSync(3, `${word}\n`)
    closeSync(3)
  } catch {}
}

const string = { type: 'string' } as const
const { values } = parseArgs({ options: { runtime: string, state: string, limits: string } })
const { runtime, state } = values
if (runtime === undefined || state === undefined) {
  process.stderr.write('usage: gateway --runtime FOLDER --state FOLDER\n')
  process.exit(2)
}
process.title = 'berth-gateway'
const limits = { ...LIMITS, ...(JSON.parse(values.limits ?? '{}') as Partial<Limits>) }
if (await runGateway({ runtimeDir: runtime, stateDir: state, build: BUILD, limits })) {
  announce('ready')
} else {
  announce('busy')
  process.exit(0)
}
