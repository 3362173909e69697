import { existsSync, writeFileSync } from 'node:fs'

let armed: { readonly name: string; left: number; readonly throws: boolean; readonly marker: string } | null = null

/**
 * For the tests of faults: `NAME:COUNT` ends this process, as by kill -9, when it comes to that point for the COUNTth
 * time. Once only: the file `marker` is written then, and where it is nothing is armed. `NAME:COUNT:throw` is an error
 * at that point, the first COUNT times.
 */
export const armFaultPoint = (text: string | undefined, marker: string): void => {
  const [, name, count, throws] = /^([a-z.-]+):(\d+)(:throw)?$/.exec(text ?? '') ?? []
  armed =
    name === undefined || existsSync(marker)
      ? null
      : { name, left: Number(count), throws: throws !== undefined, marker }
}

/** A named place to be killed at, or to fail. Does nothing unless armed. */
export const faultPoint = (name: string): void => {
  if (armed === null || armed.name !== name) return
  armed.left -= 1
  if (armed.throws && armed.left >= 0) throw new Error(`an injected fault at ${name}`)
  if (armed.throws || armed.left !== 0) return
  writeFileSync(armed.marker, name)
  process.kill(process.pid, 'SIGKILL')
}
