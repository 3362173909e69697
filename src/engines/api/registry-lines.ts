import { BerthError } from '../../domain/errors.ts'
import type { Call } from '../http/call.ts'
import { jsonLines } from '../http/json-lines.ts'
import type { EngineCalls } from './engine-calls.ts'
import { imageError } from './image-error.ts'

export type RegistryLine = { readonly status?: string; readonly error?: string }

/** The lines of an engine that speaks with a registry. An error may come among them after a good status. */
export async function* registryLines<Line extends RegistryLine>(
  { connection, dialect }: Pick<EngineCalls, 'connection' | 'dialect'>,
  call: Call,
  image: { readonly reference: string; readonly loggedIn: boolean },
): AsyncGenerator<Line> {
  const { label } = connection
  const refused = (words: string) => imageError({ kind: dialect.kind, label, ...image }, words)
  try {
    for await (const line of jsonLines<Line>(connection.stream(call))) {
      if (line.error !== undefined && line.error !== '')
        throw new BerthError('engine-error', `${label}: ${call.doing}: ${line.error}`)
      yield line
    }
  } catch (error) {
    if (!(error instanceof BerthError) || error.code !== 'engine-error') throw error
    throw refused(error.message.replace(`${label}: ${call.doing}: `, '')) ?? error
  }
}
