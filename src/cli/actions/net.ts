import type { RulesAnswer } from '../../api/answers.ts'
import { client } from '../../client/client.ts'
import { EXIT } from '../../domain/errors.ts'
import { describeRule } from '../../domain/network/describe-rule.ts'
import { table } from '../../std/table.ts'
import { terminalLine } from '../../std/terminal-safe.ts'
import type { Context } from '../context.ts'
import { idOrLast } from '../last-task.ts'
import { terminalWidth } from '../terminal.ts'

const WHOSE: Readonly<Record<RulesAnswer['network'], string | null>> = {
  none: null,
  engine: "The task has the engine's whole network; no rule applies.",
  host: "The task has this machine's whole network; no rule applies.",
}

/** Prints what a task may reach, and where each rule comes from. */
export const netRulesAction = async (
  context: Context,
  asked: string | undefined,
  options: { json?: boolean },
): Promise<number> => {
  const id = await idOrLast(context, asked)
  const answer = await client(context).ask('rules', { id })
  if (options.json) {
    context.stdout.write(`${JSON.stringify(answer)}\n`)
    return EXIT.done
  }
  const width = terminalWidth(context)
  const columns = [{ title: 'EFFECT' }, { title: 'RULE', flexible: true }, { title: 'WRITTEN AS' }, { title: 'ORIGIN' }]
  const rows = answer.rules.map((rule) => [
    rule.effect,
    terminalLine(describeRule(rule)),
    terminalLine(rule.target),
    rule.origin,
  ])
  const whose = WHOSE[answer.network]
  const lines = [...table(columns, rows, width === undefined ? {} : { width }), ...(whose === null ? [] : ['', whose])]
  context.stdout.write(`${lines.join('\n')}\n`)
  return EXIT.done
}
