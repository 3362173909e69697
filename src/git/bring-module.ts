import { basename, join } from 'node:path'
import type { keyedLock } from '../std/keyed-lock.ts'
import { copyMirror } from './copy-mirror.ts'
import type { Exec } from './exec.ts'
import type { Git, SeenRefs } from './git.ts'
import { unpinBase } from './pin.ts'
import { resolve } from './resolve.ts'

type Input = Parameters<Git['bringModule']>[0]

type Deps = {
  readonly local: Exec
  readonly remote: (input: Input) => Exec
  readonly allow: (url: string) => void
  readonly lock: ReturnType<typeof keyedLock>
  readonly mirror: Git['mirror']
}

/** The remote is asked even where the mirror has the commit: it may refuse this caller what it gave to another one. */
const ask = async ({ remote }: Deps, input: Input): Promise<SeenRefs | undefined> => {
  let seen: SeenRefs | undefined
  await resolve(remote(input), input.url, null, {
    ...(input.signal && { signal: input.signal }),
    seen: (refs) => {
      seen = refs
    },
  })
  return seen
}

/** Brings a submodule's mirror up to its commit, and a copy of it to the task, which needs the mirror no more. */
export const bringModule =
  (deps: Deps) =>
  async (input: Input): Promise<string> => {
    const { url, pin, into, signal } = input
    deps.allow(url)
    const seen = await ask(deps, input)
    const { path } = await deps.mirror({ ...input, ...(seen && { seen: { digest: seen.digest, head: seen.head } }) })
    const copy = async () => {
      await copyMirror(deps.local, { mirror: path, into: join(into, basename(path)), ...(signal && { signal }) })
      await unpinBase(deps.local, path, pin)
    }
    await deps.lock(path, copy, signal)
    return path
  }
