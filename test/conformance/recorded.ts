import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { AgentExit } from '../../src/providers/provider.ts'

export type Recorded = {
  readonly name: string
  readonly lines: readonly string[]
  readonly exit: AgentExit
  readonly resume: string | null
  readonly stderr: readonly string[]
  /** Requests that came to the model. */
  readonly requests: number
}

/** Output of a real CLI, recorded: NAME.jsonl is its stdout, NAME.json how it ended. */
export const recordedStreams = (provider: string): readonly Recorded[] => {
  const folder = join(import.meta.dirname, '../fixtures', provider)
  const names = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith('.jsonl')) : []
  const record = `record it: node scripts/record-fixtures.ts ${provider}`
  if (names.length === 0) throw new Error(`test/fixtures/${provider} has no output of the CLI; ${record}`)
  return names.map((file) => {
    const name = file.slice(0, -'.jsonl'.length)
    if (!existsSync(join(folder, `${name}.json`)))
      throw new Error(
        `test/fixtures/${provider}/${name}.json is missing: it tells how the CLI ended; ${record} ${name}`,
      )
    const about = JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as Omit<Recorded, 'name' | 'lines'>
    const lines = readFileSync(join(folder, file), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
    return { ...about, name, lines }
  })
}
