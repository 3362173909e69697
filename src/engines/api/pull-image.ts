import { BerthError } from '../../domain/errors.ts'
import type { PullProgress } from '../engine.ts'
import type { Connection } from '../http/connection.ts'
import { jsonLines } from '../http/json-lines.ts'
import { imageError, imagePath } from './image-error.ts'

type Line = { readonly status?: string; readonly progress?: string; readonly error?: string; readonly id?: string }

const tagged = (reference: string) => (/[:@][^/]*$/.test(reference) ? reference : `${reference}:latest`)

/** Fetches an image; an error may come in the stream after a good status. */
export async function* pullImage(
  connection: Connection,
  reference: string,
  signal: AbortSignal,
): AsyncGenerator<PullProgress> {
  imagePath(connection.label, reference)
  const refused = (words: string) => imageError(connection.label, reference, words)
  const query = { fromImage: tagged(reference) }
  const doing = `pull image ${reference}`
  const body = connection.stream({ method: 'POST', path: '/images/create', query, signal, limitMs: null, doing })
  try {
    for await (const line of jsonLines<Line>(body)) {
      if (line.error !== undefined && line.error !== '') {
        throw refused(line.error) ?? new BerthError('engine-error', `${connection.label}: ${doing}: ${line.error}`)
      }
      const detail = [line.id, line.progress].filter((part) => part !== undefined && part !== '').join(' ')
      yield { status: (line.status ?? '').trim(), detail: detail === '' ? null : detail }
    }
  } catch (error) {
    if (error instanceof BerthError && error.code === 'engine-error') throw refused(error.message) ?? error
    throw error
  }
}
