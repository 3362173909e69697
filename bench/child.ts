import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'

/** Starts a program of bench/ that takes one message and gives one back. It ends with this process, or by `kill`. */
export const startChild = async <Answer>(
  file: string,
  message: object,
): Promise<{ readonly answer: Answer; readonly kill: () => void }> => {
  const child: ChildProcess = fork(join(import.meta.dirname, file))
  const answer = await new Promise<Answer>((resolve, reject) => {
    child.once('message', (value) => resolve(value as Answer))
    child.once('exit', (code) => reject(new Error(`${file} ended with ${code}`)))
    child.send(message)
  })
  return { answer, kill: () => void child.kill() }
}
