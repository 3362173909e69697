import { INSIDE } from '../domain/worker-protocol.ts'

/** Where things are in the container. */
export type Places = {
  /** The mounted folder: repository and outputs lie below it. */
  readonly work: string
  /** A source tree that is mounted instead of a URL. */
  readonly source: string
  readonly toolbox: string
  readonly home: string
}

export const OUT = 'out'

export const placesIn = (env: Readonly<Record<string, string>>): Places => ({
  work: INSIDE.work,
  source: '/src',
  toolbox: INSIDE.toolbox,
  home: env['HOME'] || INSIDE.home,
})
