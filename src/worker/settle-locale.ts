import type { WorkOrder } from '../domain/worker-protocol.ts'
import type { FrameWriter } from './frame-writer.ts'
import { hasLocale } from './has-locale.ts'

/** In every image that has a C library. */
const FALLBACK = 'C.UTF-8'

const OWN: ReadonlySet<string> = new Set(['LANG', 'LC_ALL'])

/** The order with a locale that the image has; it says so where that is not the asked one. */
export const settleLocale = (order: WorkOrder, frames: Pick<FrameWriter, 'send'>): WorkOrder => {
  const { locale, run } = order
  if (locale === undefined || run === null || hasLocale(locale)) return order
  frames.send({ k: 'unmet', what: 'locale', name: locale })
  const env = Object.entries(run.env).map(([name, value]) => [
    name,
    value === locale && OWN.has(name) ? FALLBACK : value,
  ])
  return { ...order, run: { ...run, env: Object.fromEntries(env) as typeof run.env } }
}
