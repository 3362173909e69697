import type { Command } from 'commander'
import type { Context } from './context.ts'
import { fail } from './fail.ts'

/** A command file registers itself here; its work is imported when it is called. */
export type Register = (program: Command, context: Context) => void

/** Runs a command's work: its number is the exit code, its error is printed. */
export const act = async (context: Context, json: boolean, work: () => Promise<number | undefined>): Promise<void> => {
  try {
    process.exitCode = (await work()) ?? 0
  } catch (error) {
    process.exitCode = fail(context, error, json)
  }
}
