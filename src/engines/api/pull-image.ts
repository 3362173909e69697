import type { PullProgress, RegistryLogin } from '../engine.ts'
import type { EngineCalls } from './engine-calls.ts'
import { imagePath } from './image-error.ts'
import { registryHeader } from './registry-header.ts'
import { type RegistryLine, registryLines } from './registry-lines.ts'

type Line = RegistryLine & { readonly progress?: string; readonly id?: string }

const tagged = (reference: string) => (/[:@][^/]*$/.test(reference) ? reference : `${reference}:latest`)

/** Fetches an image, without a login if none is given. */
export async function* pullImage(
  calls: EngineCalls,
  image: { readonly reference: string; readonly login: RegistryLogin | undefined },
  signal: AbortSignal,
): AsyncGenerator<PullProgress> {
  const { reference, login } = image
  imagePath(calls.connection.label, reference)
  const query = { fromImage: tagged(reference) }
  const doing = `pull image ${reference}`
  const headers = login === undefined ? {} : registryHeader(login)
  const call = { method: 'POST', path: '/images/create', query, headers, signal, limitMs: null, doing } as const
  for await (const line of registryLines<Line>(calls, call, { reference, loggedIn: login !== undefined })) {
    const detail = [line.id, line.progress].filter((part) => part !== undefined && part !== '').join(' ')
    yield { status: (line.status ?? '').trim(), detail: detail === '' ? null : detail }
  }
}
