import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, resolve, sep } from 'node:path'
import { ordersOf } from '../domain/narrow-order.ts'
import type { WorkOrder } from '../domain/worker-protocol.ts'
import { quoteConfig } from '../std/quote-config.ts'
import { loginProfile } from './login-profile.ts'

/** What the agent's own git sees: who it is, and that our folders are to be trusted. */
const gitConfig = (order: WorkOrder): string => {
  const { identity, author, gitFiles = [] } = order
  const clones = ordersOf(order).flatMap(({ paths, workspace }) => [paths.work, workspace.mirror])
  const trusted = clones.length === 0 ? [order.paths.work] : clones
  return [
    '[user]',
    `\tname = ${quoteConfig(identity.name)}`,
    `\temail = ${quoteConfig(identity.email)}`,
    ...(author === undefined
      ? []
      : ['[author]', `\tname = ${quoteConfig(author.name)}`, `\temail = ${quoteConfig(author.email)}`]),
    '[safe]',
    ...trusted.map((path) => `\tdirectory = ${quoteConfig(path)}`),
    '[init]',
    '\tdefaultBranch = main',
    ...gitFiles.slice(0, 1).flatMap(({ path }) => ['[include]', `\tpath = ${quoteConfig(path)}`]),
    '',
  ].join('\n')
}

const put = (home: string, path: string, text: string, mode: number) => {
  const target = resolve(home, path)
  if (!target.startsWith(home + sep)) throw new Error(`wrote ${path} below ${home}: it leads out of it`)
  mkdirSync(dirname(target), { recursive: true })
  rmSync(target, { recursive: true, force: true })
  writeFileSync(target, text, { flag: 'wx', mode })
  chmodSync(target, mode)
}

/** Writes the files of the order and git's configuration. */
export const writeHomeFiles = (order: WorkOrder): void => {
  put(order.paths.home, '.gitconfig', gitConfig(order), 0o644)
  if (order.run?.env['PATH'] !== undefined)
    put(order.paths.home, '.profile', loginProfile(order.run.env['PATH']), 0o644)
  for (const { path, text } of order.gitFiles ?? []) put(order.paths.home, path, text, 0o644)
  if (order.startup !== undefined) put(order.paths.home, order.startup.path, order.startup.text, 0o700)
  for (const { path, text, mode } of order.run?.files ?? []) put(order.paths.home, path, text, mode)
}
