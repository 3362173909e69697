import { mkdirSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, dirname } from 'node:path'
import { BerthError, EXIT } from '../../domain/errors.ts'
import { completionFile } from '../completion-file.ts'
import { COMPLETION_SCRIPTS } from '../completion-script.ts'
import type { Context } from '../context.ts'

/** Writes the completion of a shell into the user's own folder; a second call changes nothing. */
export const installCompletionAction = (context: Context, named: string | undefined, json: boolean): number => {
  const { env, stdout } = context
  const shell = named ?? basename(env['SHELL'] ?? '')
  const file = completionFile(shell, env, env['HOME'] || homedir())
  if (file === undefined) {
    const known = Object.keys(COMPLETION_SCRIPTS).join(', ')
    const what = named === undefined ? `the shell of this session ("${shell}")` : named
    throw new BerthError('usage', `completion --install: ${what} is not one of ${known}`, {
      hint: 'Name the shell with --shell.',
    })
  }
  const { path, script, there, loaded } = file
  if (there === 'foreign')
    throw new BerthError('not-allowed', `${path}: this file is not from Berth, so it stays`, {
      hint: 'Move the file away and run the command again, or load `berth completion SHELL` in the start-up file of your shell.',
    })
  const changed = there !== 'current'
  if (changed) {
    try {
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, script)
    } catch (error) {
      const cause = error as NodeJS.ErrnoException
      throw new BerthError('state-not-writable', `${path}: cannot write there (${cause.code})`, {
        cause,
        hint: 'Make the folder writable, or load `berth completion SHELL` in the start-up file of your shell.',
      })
    }
  }
  if (json) stdout.write(`${JSON.stringify({ shell, path, changed })}\n`)
  else stdout.write(`${changed ? 'wrote' : 'nothing to do:'} ${path}\n${loaded}\n`)
  return EXIT.done
}
