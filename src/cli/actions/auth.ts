import type { AuthAnswer } from '../../api/answers.ts'
import { callerContextOf } from '../../client/caller-context.ts'
import { client } from '../../client/client.ts'
import { EXIT } from '../../domain/errors.ts'
import { REFERENCE } from '../../domain/request.ts'
import { table } from '../../std/table.ts'
import { terminalLine } from '../../std/terminal-safe.ts'
import { loginState, loginTable } from '../../views/login-table.ts'
import type { Context } from '../context.ts'
import { terminalStyle, terminalWidth } from '../terminal.ts'

export type AuthOptions = { readonly check?: boolean; readonly json?: boolean; readonly profile?: string }

type Row = AuthAnswer['credentials'][number]

const stateOf = ({ found, check }: Row): string => {
  if (!found) return 'missing'
  return check === null ? 'there' : check.verdict
}

const COLOUR = { there: 'green', accepted: 'green', missing: 'dim', refused: 'red', unknown: 'yellow' } as const

/** What a reference names, without its scheme. */
const place = ({ reference }: Row): string => terminalLine(reference.replace(REFERENCE, (start) => start.at(-1) ?? ''))

export const authStatusAction = async (
  context: Context,
  agents: readonly string[],
  { check = false, json = false, profile }: AuthOptions,
): Promise<number> => {
  const body = { agents, check, caller: callerContextOf(context), ...(profile === undefined ? {} : { profile }) }
  const answer = await client(context).ask('authStatus', { body })
  const rows = answer.credentials
  if (json) context.stdout.write(`${JSON.stringify(answer)}\n`)
  else {
    const style = terminalStyle(context)
    const width = terminalWidth(context)
    const lines = table(
      [
        { title: 'AGENT' },
        { title: 'KIND' },
        { title: 'FROM' },
        {
          title: 'STATE',
          style: (cell: string, at: number) => style(COLOUR[stateOf(rows[at] as Row) as 'there'], cell),
        },
        { title: '', flexible: true },
      ],
      rows.map((row) => [
        row.agent,
        row.kind,
        place(row),
        stateOf(row),
        terminalLine(row.check?.detail ?? row.problem ?? ''),
      ]),
      width === undefined ? {} : { width },
    )
    const logins = loginTable(answer.logins, { style, width, now: Date.now() })
    const shown = [...(rows.length === 0 ? [] : lines), ...(answer.logins.length === 0 ? [] : ['', ...logins])]
    context.stdout.write(`${shown.join('\n')}\n`)
  }
  const works = (agent: string) =>
    answer.logins.some((one) => one.agent === agent && loginState(one, Date.now()) !== 'broken')
  const missing = rows.some(({ found, agent }) => !found && agents.length > 0 && !works(agent))
  const bad = missing || [...rows, ...answer.logins].some(({ check: tried }) => tried?.verdict === 'refused')
  return bad ? EXIT.auth : 0
}
