import type { CallerContext } from '../../domain/caller-context.ts'
import { BerthError } from '../../domain/errors.ts'
import type { Variables } from '../../domain/variables.ts'
import { variablesOf } from '../../domain/variables.ts'
import type { Plan } from '../../plan/plan.ts'
import type { Deps } from '../deps.ts'
import type { LiveTask } from '../task/live-task.ts'
import { refuseUnlisted } from './allowed-variables.ts'

/** Variables that came with turns up to this one. */
export const sentWith = (live: Pick<LiveTask, 'journal'>, turn: number): readonly string[] => {
  const names: string[] = []
  for (const event of live.journal.select('turn.queued', 'turn.again'))
    if (event.turn <= turn) names.push(...Object.keys(event.variables ?? {}))
  return names
}

type Input = {
  readonly deps: Pick<Deps, 'config'>
  readonly live: Pick<LiveTask, 'id' | 'journal' | 'record' | 'callerContext'>
  readonly before: Pick<Plan, 'envFrom'>
  readonly caller: Pick<CallerContext, 'env'>
  /** What --env says this time: NAME=VALUE, or NAME for the caller's. */
  readonly given: readonly string[]
}
type Found = {
  readonly env: Readonly<Record<string, string>>
  readonly missing: readonly string[]
  /** The variables of this time's --env. */
  readonly sent: Variables
  /** Those whose values are of a shell: this one, or that of an earlier turn. */
  readonly ofShell: readonly string[]
}

/**
 * The values of a task's variables for a further turn: what is given now, then the config file's, read again, then the
 * caller's shell. One whose value stood on a command line is taken from nowhere else: it may have another value there.
 */
export const findVariables = ({ deps, live, before, caller, given }: Input): Found => {
  const known = live.record.variables ?? {}
  // A turn that waits may have some that are in no plan yet.
  const waiting = sentWith(live, Number.POSITIVE_INFINITY)
  const names = [...new Set([...before.envFrom, ...waiting, ...variablesOf(given).names])]
  if (names.length === 0) return { env: {}, missing: [], sent: {}, ofShell: [] }
  const { profile, preset } = live.record
  const { flags, configured } = deps.config.variables({ given, profile, preset, env: caller.env })
  const held = live.callerContext?.env ?? {}
  const lookUp = (name: string): string | undefined => {
    if (Object.hasOwn(flags, name)) return flags[name] ?? caller.env[name]
    if (known[name] === 'given') return held[name]
    return configured[name] ?? caller.env[name] ?? held[name]
  }
  const isOfShell = (name: string): boolean =>
    Object.hasOwn(flags, name) ? flags[name] === null : known[name] !== 'given' && configured[name] == null
  const found = names.map((name) => [name, lookUp(name)] as const)
  return {
    env: Object.fromEntries(found.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))),
    missing: found.flatMap(([name, value]) => (value === undefined ? [name] : [])),
    sent: variablesOf(given).variables,
    ofShell: names.filter(isOfShell),
  }
}

/** As findVariables; one error names all whose value is gone, and the command that brings them. */
export const variablesAgain = (
  input: Input & { readonly verb: 'send' | 'resume' | 'fork' },
): Pick<Found, 'env' | 'sent'> => {
  const { live, verb, deps } = input
  const { env, missing, sent, ofShell } = findVariables(input)
  // Also those of earlier turns: the list may have become shorter since.
  refuseUnlisted(deps.config.settings().envAllow, ofShell)
  if (missing.length === 0) return { env, sent }
  const known = live.record.variables ?? {}
  const [given, named] = [
    missing.filter((name) => known[name] === 'given'),
    missing.filter((name) => known[name] !== 'given'),
  ]
  const words = [
    ...(given.length === 0
      ? []
      : [
          `Berth no longer has the value of ${given.join(', ')}: it came with --env, and Berth does not store such values`,
        ]),
    ...(named.length === 0 ? [] : [`neither this shell nor the config file sets ${named.join(', ')} any more`]),
  ]
  throw new BerthError('bad-env', `${live.id}: ${words.join('; ')}`, {
    hint: `Give it again: \`berth ${verb} ${missing.map((name) => `--env ${name}=VALUE`).join(' ')} ${live.id}\`.`,
  })
}
