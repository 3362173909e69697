import { LABEL } from '../../domain/container-spec.ts'
import type { Engine, EngineEvent } from '../../engines/engine.ts'
import type { Plan } from '../../plan/plan.ts'
import type { Deps } from '../deps.ts'
import type { LiveTask } from '../task/live-task.ts'

/** The events of a container's life; an engine also reports each exec and archive. */
const WATCHED = new Set(['create', 'start', 'pause', 'unpause', 'restart', 'kill', 'stop', 'oom', 'die'])
const SETTLE_MS = 500
/** A busy Podman takes seconds to read its list of past events. */
const CATCH_UP_MS = 10_000

const keyOf = (action: string, container: string, at: string) => `${action} ${container} ${at}`

/**
 * Writes the engine's events of a turn's containers into its journal, each once: it writes none that an earlier
 * supervisor has written, and asks for those that came while there was no supervisor.
 */
export const watchContainers = (input: {
  readonly deps: Pick<Deps, 'engines'>
  readonly live: LiveTask
  readonly plan: Plan
  readonly engine: Engine
}) => {
  const { deps, live, plan, engine } = input
  const known = new Set<string>()
  const open = new Set<string>()
  let whenEnded: (() => void) | null = null
  let begun: string | null = null
  const note = (action: string, container: string) => {
    if (action === 'start') open.add(container)
    if (action === 'die') open.delete(container)
    if (open.size === 0) whenEnded?.()
  }
  for (const event of live.journal.select('turn.started', 'engine.event')) {
    if (event.type === 'turn.started' && event.turn === plan.turn) begun = event.at
    if (event.type !== 'engine.event' || event.turn !== plan.turn) continue
    known.add(keyOf(event.action, event.container, event.told))
    note(event.action, event.container)
  }
  const over = new AbortController()
  const take = ({ action, name, at, exitCode, signal, labels }: EngineEvent) => {
    const key = keyOf(action, name, at)
    if (over.signal.aborted || !WATCHED.has(action) || labels[LABEL.turn] !== String(plan.turn) || known.has(key))
      return
    known.add(key)
    live.append({
      type: 'engine.event',
      turn: plan.turn,
      action,
      container: name,
      told: at,
      ...(exitCode === null ? {} : { exitCode }),
      ...(signal === null ? {} : { signal }),
    })
    note(action, name)
  }
  const catchUp = async (since: string) => {
    const range = { since, until: new Date().toISOString() }
    const signal = AbortSignal.any([over.signal, AbortSignal.timeout(CATCH_UP_MS)])
    for await (const event of engine.events({ [LABEL.task]: live.id }, signal, range)) take(event)
  }
  const subscription = deps.engines.events(engine, live.id, take)
  const caughtUp = begun === null ? null : catchUp(begun).catch(() => {})
  return {
    /**
     * Waits for the events of the time without a supervisor, then a moment for the end of each container that has
     * started; a warm container goes on.
     */
    async settled(): Promise<void> {
      await caughtUp
      if (open.size === 0 || live.record.kept != null) return
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, SETTLE_MS)
        whenEnded = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    },
    [Symbol.dispose]() {
      over.abort(new Error('the turn is over'))
      subscription[Symbol.dispose]()
    },
  }
}
