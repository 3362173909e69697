import {
  closeSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { formatBytes } from '../std/bytes.ts'
import { errorMessage } from '../std/error-message.ts'
import { StepFailed } from './exit-codes.ts'

export const LOG = 'run.log'
export const SUMMARY = 'summary.md'
export const EXIT = 'exit.json'

export type Outputs = {
  /** The folder of this run. */
  readonly folder: string
  /** Adds a line to run.log. */
  log(line: string): void
  /** Why run.log could not be written; undefined: all of it is there. */
  readonly problem: string | undefined
  /** Writes summary and exit.json, last. Throws StepFailed. */
  end(summary: string, exit: object): void
}

const cannot = (what: string, error: unknown): never => {
  const uid = process.getuid?.() ?? 0
  throw new StepFailed(
    'output',
    `${what}: ${errorMessage(error)}`,
    `Mount a folder at /work that user ${uid} can write, or give the folder's owner with --user.`,
    error,
  )
}

/** Shows a run's file in the folder of all runs too: it is the file of the last run that wrote one. */
const show = (folder: string, out: string, name: string): void => {
  // Named after the run: in containers side by side the process ids are the same. What a killed run left goes first, as
  // a copy onto it would write into that run's own file.
  const temporary = join(out, `.${name}.${basename(folder)}.tmp`)
  rmSync(temporary, { force: true })
  try {
    linkSync(join(folder, name), temporary)
  } catch {
    // A file system without hard links.
    copyFileSync(join(folder, name), temporary)
  }
  renameSync(temporary, join(out, name))
  // A rename onto another link of the same file does nothing.
  rmSync(temporary, { force: true })
}

/** An agent that prints without end does not fill the disk. */
const MOST_LOG_BYTES = 1024 * 1024 * 1024

/** Makes the folder of a run below that of all runs, with an empty log. Throws StepFailed. */
export const openOutputs = (out: string, run: string, mostLogBytes = MOST_LOG_BYTES): Outputs => {
  const folder = join(out, run)
  let log = -1
  try {
    mkdirSync(out, { recursive: true })
    mkdirSync(folder)
    log = openSync(join(folder, LOG), 'a')
    show(folder, out, LOG)
    // They would be taken for this run's, if it is killed.
    for (const name of [SUMMARY, EXIT]) rmSync(join(out, name), { force: true })
  } catch (error) {
    cannot(`made the output folder ${folder}`, error)
  }
  let problem: string | undefined
  let left = mostLogBytes
  return {
    folder,
    log: (line) => {
      if (problem !== undefined || left <= 0) return
      left -= Buffer.byteLength(line) + 1
      try {
        writeSync(log, left > 0 ? `${line}\n` : `berth: the log ends here: it has ${formatBytes(mostLogBytes)}\n`)
      } catch (error) {
        problem = `wrote ${join(folder, LOG)}: ${errorMessage(error)}`
      }
    },
    get problem() {
      return problem
    },
    end: (summary, exit) => {
      try {
        closeSync(log)
        // An agent may have removed all of it.
        mkdirSync(folder, { recursive: true })
        writeFileSync(join(folder, SUMMARY), summary)
        writeFileSync(join(folder, EXIT), `${JSON.stringify(exit, null, 2)}\n`)
        for (const name of [LOG, SUMMARY, EXIT]) if (existsSync(join(folder, name))) show(folder, out, name)
      } catch (error) {
        cannot(`wrote the outputs to ${folder}`, error)
      }
    },
  }
}
