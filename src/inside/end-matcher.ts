import type { WorkOrder } from '../domain/worker-protocol.ts'
import { lineSplitter } from '../std/lines.ts'

type End = NonNullable<NonNullable<WorkOrder['run']>['end']>

const LINE_BYTES = 8 * 1024 * 1024

/** Tells whether a piece of stdout completes a line that is the agent's last word. */
export const endMatcher = (end: End) => {
  const lines = lineSplitter(LINE_BYTES)
  const values: ReadonlySet<unknown> = new Set(end.values)
  const name = JSON.stringify(end.field)
  const matches = (line: string): boolean => {
    // Cheaper than parsing every line.
    if (!line.includes(name) || !end.values.some((value) => line.includes(JSON.stringify(value)))) return false
    try {
      const value: unknown = JSON.parse(line)
      return typeof value === 'object' && value !== null && values.has((value as Record<string, unknown>)[end.field])
    } catch {
      return false
    }
  }
  return (chunk: Buffer): boolean => lines.push(chunk).filter(matches).length > 0
}
