import type { Command } from 'commander'
import { LABEL } from '../domain/container-spec.ts'

/** Tasks by the labels that Berth itself sets. */
export type SessionFlags = { readonly session?: string; readonly role?: string; readonly owner?: string }

const FLAGS = ['session', 'role', 'owner'] as const

/** Adds --session, --role and --owner; `only` begins what they say, such as "list only". */
export const addSessionFlags = (command: Command, only: string): Command =>
  command
    .option('--session <id>', `${only} tasks of this session`)
    .option('--role <role>', `${only} tasks of this role`)
    .option('--owner <owner>', `${only} tasks of this owner`)

/** The flags as they were given. */
export const sessionWords = (flags: SessionFlags): readonly string[] =>
  FLAGS.flatMap((key) => (flags[key] === undefined ? [] : [`--${key} ${flags[key]}`]))

/** The labels that a task must have, as NAME=VALUE; undefined if no flag names one. */
export const labelsOf = ({
  label = [],
  ...flags
}: SessionFlags & { readonly label?: readonly string[] }): readonly string[] | undefined => {
  const own = FLAGS.flatMap((key) => (flags[key] === undefined ? [] : [`${LABEL[key]}=${flags[key]}`]))
  return label.length + own.length === 0 ? undefined : [...label, ...own]
}
