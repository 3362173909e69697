let armed: { readonly name: string; left: number } | null = null

/** For the tests of faults: `NAME:COUNT` ends this process, as by kill -9, when it comes to that point for the COUNTth time. */
export const armFaultPoint = (text: string | undefined): void => {
  const [, name, count] = /^([a-z.-]+):(\d+)$/.exec(text ?? '') ?? []
  armed = name === undefined ? null : { name, left: Number(count) }
}

/** A named place to be killed at. Does nothing unless armed. */
export const faultPoint = (name: string): void => {
  if (armed === null || armed.name !== name) return
  armed.left -= 1
  if (armed.left === 0) process.kill(process.pid, 'SIGKILL')
}
