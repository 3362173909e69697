import { type ChildProcess, spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import type { Program, ProgramEnd, StartedProgram } from './started-program.ts'
import { whyNotStarted } from './why-not-started.ts'

export type PipedProgram = StartedProgram & {
  readonly stdout: Readable
  readonly stderr: Readable
  /** Where its input is a pipe. */
  readonly stdin: Writable | null
}

const awaitStart = (program: Program, child: ChildProcess): Promise<PipedProgram> => {
  const exited = new Promise<ProgramEnd>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }))
  })
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(new Error(whyNotStarted(program, error))))
    const { pid, stdin, stdout, stderr } = child
    if (pid !== undefined && stdout !== null && stderr !== null) resolve({ pid, exited, stdin, stdout, stderr })
  })
}

/** Starts a program with pipes for its output. `stdin`: a file's descriptor, or a pipe too. Throws with words. */
export const startWithPipes = (program: Program, stdin: number | 'ignore' | 'pipe'): Promise<PipedProgram> => {
  const [file, ...args] = program.argv
  const { cwd, env } = program
  try {
    return awaitStart(program, spawn(file, args, { cwd, env, detached: true, stdio: [stdin, 'pipe', 'pipe'] }))
  } catch (error) {
    throw new Error(whyNotStarted(program, error as NodeJS.ErrnoException))
  }
}
