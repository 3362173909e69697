import type { EngineEvent } from '../engine.ts'
import { jsonLines } from '../http/json-lines.ts'
import type { Dialect } from './dialect.ts'
import type { WireEvent } from './wire-types.ts'

type Labels = Readonly<Record<string, string>>

/** A filter as the API takes it: all of them must hold. */
export const labelFilter = (labels: Labels): readonly string[] =>
  Object.entries(labels).map(([name, value]) => `${name}=${value}`)

export const hasLabels = (found: Labels, wanted: Labels): boolean =>
  Object.entries(wanted).every(([name, value]) => found[name] === value)

const KNOWN = new Set(['name', 'image', 'exitCode', 'containerExitCode', 'signal', 'execID', 'execDuration'])

const at = (wire: WireEvent) =>
  new Date(wire.timeNano === undefined ? (wire.time ?? 0) * 1000 : wire.timeNano / 1e6).toISOString()

/** Events of containers with these labels, in Docker's words. */
export async function* eventStream(
  source: AsyncIterable<Buffer>,
  labels: Labels,
  dialect: Dialect,
): AsyncGenerator<EngineEvent> {
  for await (const wire of jsonLines<WireEvent>(source)) {
    const attributes = wire.Actor?.Attributes ?? {}
    const action = dialect.action(wire.Action ?? '')
    if (action === undefined || !hasLabels(attributes, labels)) continue
    const code = attributes['exitCode'] ?? attributes['containerExitCode']
    yield {
      action,
      container: wire.Actor?.ID ?? '',
      name: attributes['name'] ?? '',
      at: at(wire),
      signal: action === 'kill' ? (attributes['signal'] ?? null) : null,
      exitCode: code === undefined || action !== 'die' ? null : Number(code),
      labels: Object.fromEntries(Object.entries(attributes).filter(([name]) => !KNOWN.has(name))),
    }
  }
}
