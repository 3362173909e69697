import { client } from '../../client/client.ts'
import { BerthError, EXIT } from '../../domain/errors.ts'
import { isMethod } from '../../domain/network/methods.ts'
import { terminalLine } from '../../std/terminal-safe.ts'
import type { Context } from '../context.ts'

const FLAGS: readonly string[] = ['private', 'inspect', 'tunnel', 'push']

/** A word that only stands behind a host: somebody forgot the quotes. */
const isLaterWord = (word: string): boolean => word.startsWith('/') || isMethod(word) || FLAGS.includes(word)

const refuseUnquoted = (targets: readonly string[], command: string): void => {
  const word = targets.find(isLaterWord)
  if (word === undefined) return
  const quoted = targets.join(' ')
  throw new BerthError('usage', `${word} belongs to the target before it`, {
    hint: `Quote a target of several words: \`${command} "${quoted}"\`.`,
  })
}

/** Allows or denies a task targets. */
export const setRulesAction = async (
  context: Context,
  asked: { readonly id: string; readonly targets: readonly string[]; readonly effect: 'allow' | 'deny' },
  options: { readonly json?: boolean },
): Promise<number> => {
  const { id, targets, effect } = asked
  refuseUnquoted(targets, `berth ${effect} ${id}`)
  const record = await client(context).ask(effect, { id, body: { targets } })
  if (options.json) {
    context.stdout.write(`${JSON.stringify(record)}\n`)
    return EXIT.done
  }
  const isUnderWay = record.state === 'running' || record.state === 'blocked'
  const when = isUnderWay ? '' : ', from its next turn on'
  const done = effect === 'allow' ? 'allowed' : 'denied'
  for (const target of targets) context.stdout.write(`${record.id} ${done} ${terminalLine(target)}${when}\n`)
  return EXIT.done
}
