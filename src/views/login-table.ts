import { table } from '../std/table.ts'
import { terminalLine } from '../std/terminal-safe.ts'
import type { Style } from './style.ts'
import { age, counted } from './words.ts'

/** A login as `berth auth status` shows it. What is null is unknown, or there is none. */
export type LoginRow = {
  readonly agent: string
  readonly name: string
  readonly service: string | null
  readonly kind: 'subscription' | 'token' | null
  readonly who: string | null
  readonly plan: string | null
  readonly expiresAt: string | null
  readonly lastUsed: string | null
  readonly chosen: boolean
  readonly tasks: readonly string[]
  /** The task that has the tokens in its container. */
  readonly lentTo: string | null
  readonly problem: string | null
  readonly check: { readonly verdict: 'accepted' | 'refused' | 'unknown'; readonly detail: string } | null
}

/** How a login stands, in one word. */
export const loginState = ({ problem, check, expiresAt, kind }: LoginRow, now: number): string => {
  if (problem !== null) return 'broken'
  if (check !== null) return check.verdict
  return kind === 'token' && expiresAt !== null && Date.parse(expiresAt) <= now ? 'expired' : 'there'
}

const COLOUR = {
  there: 'green',
  accepted: 'green',
  broken: 'red',
  refused: 'red',
  expired: 'red',
  unknown: 'yellow',
} as const

/** The time of a token's end: of a subscription's, the next refresh is before it. */
const expiry = ({ expiresAt, kind }: LoginRow, now: number): string => {
  if (expiresAt === null) return kind === null ? '' : 'unknown'
  const at = Date.parse(expiresAt)
  const words = at <= now ? `${age(expiresAt, now)} ago` : `in ${age(new Date(2 * now - at).toISOString(), now)}`
  return kind === 'subscription' ? `${words}, refreshed` : words
}

/** A check of a login that is lent says so itself. */
const details = (row: LoginRow): string => {
  const used = row.tasks.length === 0 ? [] : [`used by ${counted(row.tasks.length, 'task')}`]
  const users = row.lentTo === null ? used : row.check === null ? [`lent to ${row.lentTo}`] : []
  return [row.check?.detail ?? row.problem ?? '', ...users].filter((word) => word !== '').join('; ')
}

/** The logins, a line each; `*` marks those that tasks without a key use. */
export const loginTable = (
  rows: readonly LoginRow[],
  { style, width, now }: { readonly style: Style; readonly width: number | undefined; readonly now: number },
): readonly string[] =>
  table(
    [
      { title: 'AGENT' },
      { title: 'LOGIN' },
      { title: 'KIND' },
      { title: 'WHO', flexible: true },
      { title: 'PLAN' },
      { title: 'EXPIRES' },
      { title: 'LAST USED' },
      {
        title: 'STATE',
        style: (cell, at) => style(COLOUR[loginState(rows[at] as LoginRow, now) as 'there'], cell),
      },
      { title: '', flexible: true },
    ],
    rows.map((row) => [
      row.agent,
      `${row.name}${row.chosen ? ' *' : ''}`,
      row.kind ?? '',
      terminalLine(row.who ?? ''),
      terminalLine(row.plan ?? ''),
      expiry(row, now),
      row.lastUsed === null ? 'never' : `${age(row.lastUsed, now)} ago`,
      loginState(row, now),
      terminalLine(details(row)),
    ]),
    width === undefined ? {} : { width },
  )
