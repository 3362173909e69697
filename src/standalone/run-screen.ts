import { spawn } from 'node:child_process'
import type { Program, ProgramEnd } from '../inside/started-program.ts'
import { whyNotStarted } from '../inside/why-not-started.ts'

/** Runs the CLI on our own terminal, in our process group: what is typed and each signal reaches it. Rejects with words. */
export const runScreen = (program: Program): Promise<ProgramEnd> =>
  new Promise((resolve, reject) => {
    const [file, ...args] = program.argv
    const child = spawn(file, args, { cwd: program.cwd, env: { ...program.env }, stdio: 'inherit' })
    child.once('error', (error) => reject(new Error(whyNotStarted(program, error))))
    child.once('exit', (code, signal) => resolve({ code, signal }))
  })
