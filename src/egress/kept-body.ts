import type { IncomingMessage } from 'node:http'

/** How many bytes of bodies are kept at a time. */
export type BodyBudget = { take(bytes: number): boolean; give(bytes: number): void }

export const bodyBudget = (most: number): BodyBudget => {
  let taken = 0
  return {
    take: (bytes) => {
      if (taken + bytes > most) return false
      taken += bytes
      return true
    },
    give: (bytes) => {
      taken -= bytes
    },
  }
}

export type KeptBody = {
  /** The whole body, once it is there. Null: it is too long, or the client broke it off. */
  whole(): Promise<Buffer | null>
  /** It is not sent again. */
  drop(): void
}

/** Keeps a request's body while it is sent on, so that it can be sent again. Reads nothing by itself before it is asked. */
export const keepBody = (request: IncomingMessage, budget: BodyBudget, most: number): KeptBody => {
  let chunks: Buffer[] | null = []
  let size = 0
  const drop = () => {
    if (chunks === null) return
    chunks = null
    budget.give(size)
    request.off('data', keep)
  }
  const keep = (chunk: Buffer) => {
    if (size + chunk.length > most || !budget.take(chunk.length)) return drop()
    chunks?.push(chunk)
    size += chunk.length
    return undefined
  }
  request.on('data', keep)
  return {
    drop,
    whole: async () => {
      if (!request.readableEnded && !request.destroyed) {
        // Its first receiver takes no more of it.
        request.unpipe()
        request.resume()
        await new Promise((resolve) => request.once('end', resolve).once('close', resolve))
      }
      return chunks === null || !request.complete ? null : Buffer.concat(chunks)
    },
  }
}
