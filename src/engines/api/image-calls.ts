import type { Engine } from '../engine.ts'
import { imageInfo } from './container-info.ts'
import type { EngineCalls } from './engine-calls.ts'
import { labelFilter } from './event-stream.ts'
import { imageError, imagePath } from './image-error.ts'
import { pullImage } from './pull-image.ts'
import { pushImage } from './push-image.ts'
import type { WireImage } from './wire-types.ts'

export const imageCalls = (calls: EngineCalls): Pick<Engine, 'image' | 'images' | 'pull' | 'push'> => {
  const { connection, dialect, quick } = calls
  return {
    async image(reference, signal) {
      const path = `${imagePath(connection.label, reference)}/json`
      const call = quick('GET', path, `look for image ${reference}`, { signal })
      const answer = await connection.send(call)
      if (answer.status === 200) return imageInfo(JSON.parse(answer.body.toString('utf8')) as WireImage)
      const error = imageError({ kind: dialect.kind, label: connection.label, reference }, answer.words)
      if (error?.code === 'image-missing') return undefined
      throw error ?? connection.error(call, answer)
    },
    async images(labels, signal) {
      const query = { filters: JSON.stringify({ label: labelFilter(labels) }) }
      const call = quick('GET', '/images/json', 'list images', { query, signal })
      return (await connection.json<readonly WireImage[]>(call)).map(imageInfo)
    },
    pull: (reference, signal, login) => pullImage(calls, { reference, login }, signal),
    push: ({ reference, to, login }, signal) => pushImage({ calls, reference, to, login, signal }),
  }
}
