import { StringDecoder } from 'node:string_decoder'
import { terminalVisible } from '../std/terminal-visible.ts'

const ungated = new WeakMap<NodeJS.WriteStream, NodeJS.WriteStream['write']>()

/**
 * Lets nothing through to a terminal that it would obey or hide, but colours and the codes by which a line is drawn again.
 * What is no terminal gets the bytes as they are.
 */
export const gateTerminal = <S extends NodeJS.WriteStream>(stream: S): S => {
  if (!stream.isTTY || ungated.has(stream)) return stream
  const write = stream.write.bind(stream) as (...all: readonly unknown[]) => boolean
  ungated.set(stream, write as NodeJS.WriteStream['write'])
  const decoder = new StringDecoder('utf8')
  const gated = (data: string | Uint8Array, ...more: readonly unknown[]) =>
    write(terminalVisible(typeof data === 'string' ? data : decoder.write(Buffer.from(data)), { own: true }), ...more)
  stream.write = gated as NodeJS.WriteStream['write']
  return stream
}

/** Past the gate: what has passed the filter of `terminalFilter`. */
export const writeRaw = (stream: NodeJS.WriteStream, data: string): Promise<void> =>
  new Promise((resolve) => {
    const write = ungated.get(stream) ?? stream.write.bind(stream)
    if (stream.destroyed) return resolve()
    write(data, () => resolve())
  })
