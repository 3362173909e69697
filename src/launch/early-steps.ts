import type { EventBody } from '../domain/event.ts'
import type { Plan } from '../plan/plan.ts'
import type { StepId } from '../plan/step.ts'

/** What a step has told that was carried out before its launch, and the container as far as it is there. */
export type StepOver = { readonly events: readonly EventBody[]; readonly container: string }

/** Steps of a launch that were begun before it. */
export type EarlySteps = {
  readonly ids: ReadonlySet<StepId>
  /** Resolves when the step is over; undefined: it failed, or was stopped, and is to be done. Never rejects. */
  readonly over: (id: StepId) => Promise<StepOver | undefined>
  /** Stops what is under way; resolves when nothing is. */
  readonly stop: () => Promise<void>
}

/** A container that was started for a task before its turn began. */
export type EarlyContainer = EarlySteps & {
  /** False for a plan that wants another one, and where its worker or mirror may be gone. */
  readonly fits: (plan: Plan) => boolean
}

/** Hears what the steps of a plan tell, and gives it by step. */
export const heardSteps = (ids: readonly StepId[]) => {
  const steps = new Map(ids.map((id) => [id, Promise.withResolvers<StepOver | undefined>()]))
  let told: EventBody[] = []
  let container = ''
  return {
    over: (id: StepId) => steps.get(id)?.promise ?? Promise.resolve(undefined),
    emit(...events: readonly EventBody[]): void {
      for (const event of events) {
        told.push(event)
        if (event.type === 'container.created') container = event.id
        if (event.type !== 'turn.span') continue
        steps.get(event.name as StepId)?.resolve({ events: told, container })
        told = []
      }
    },
    /** What is not over by now never will be. */
    end(): void {
      for (const { resolve } of steps.values()) resolve(undefined)
    },
  }
}
