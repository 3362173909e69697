import type { NetworkRule } from '../../domain/network/rule.ts'
import type { RulesSince } from '../../launch/gateway-task.ts'
import { projectRules } from '../../plan/network.ts'
import type { JournalReader } from '../../store/store.ts'
import { lastPlan } from './journal-plans.ts'
import type { LiveTask } from './live-task.ts'

type Journaled = { readonly journal: Pick<JournalReader, 'select'> }

/** What the repository's file denies, where the launch had to read it; undefined where no launch has. */
export const readDenies = ({ journal }: Journaled): readonly string[] | undefined => {
  let found: readonly string[] | undefined
  for (const { deny } of journal.select('project.rules')) found = deny
  return found
}

/** The rules that came to a task after its plan was made. */
export const addedRules = (live: Journaled): readonly NetworkRule[] => projectRules(readDenies(live) ?? [])

/** All that changed the plan's rules. */
export const rulesSince = (live: Pick<LiveTask, 'journal' | 'record'>): RulesSince => ({
  added: addedRules(live),
  live: live.record.liveRules,
})

/** What the repository's own file denies, as the task knows it; undefined: nobody has read the file yet. */
export const knownDenies = (live: Pick<LiveTask, 'journal'>): readonly string[] | undefined => {
  const { network } = lastPlan(live)
  const read = readDenies(live)
  if (network?.unread === true && read === undefined) return undefined
  const planned = (network?.rules ?? []).filter(({ origin }) => origin === 'project').map(({ target }) => target)
  return [...new Set([...planned, ...(read ?? [])])]
}
