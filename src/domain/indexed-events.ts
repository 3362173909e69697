/** Types of events whose places in a journal Berth indexes, so that it finds them without reading the rest. */
export const INDEXED = [
  'task.created',
  'turn.queued',
  'turn.edited',
  'turn.rendered',
  'turn.withdrawn',
  'turn.planned',
  'turn.started',
  'turn.again',
  'turn.phase',
  'turn.ended',
  'login.lent',
  'source.ready',
  'project.rules',
  'container.created',
  'container.started',
  'container.exited',
  'container.kept',
  'container.removed',
  'engine.event',
  'engine.lost',
  'engine.back',
  'stop.requested',
  'gateway.verdict',
  'egress.denied',
  'work.kept',
  'work.pushed',
  'work.nothing',
  'work.patch',
  'work.rebased',
  'work.amended',
  'pr.opened',
  'pr.updated',
  'workspace.moved',
  'result.kept',
  'result.unfit',
] as const

/** An agent can cause any number of these, so the index has only the last one of each turn. */
export const INDEXED_LAST = ['agent.started', 'agent.session', 'agent.message', 'agent.usage', 'gateway.usage'] as const

export type IndexedType = (typeof INDEXED)[number] | (typeof INDEXED_LAST)[number]

/** Of these types, the index has only lines with this text. */
export const INDEXED_WITH: Readonly<Record<string, string>> = {
  'turn.phase': '"phase":"publishing"',
  'agent.usage': '"thread":',
}
