import type { Gpus } from '../domain/container-spec.ts'

/** Reads `all`, a number, or `device=ID,ID`; throws Error with a sentence. */
export const parseGpus = (text: string): Gpus => {
  if (text === 'all') return text
  if (/^[1-9]\d?$/.test(text)) return Number(text)
  const ids = text.startsWith('device=') ? text.slice('device='.length).split(',') : []
  if (ids.length > 0 && !ids.includes('')) return ids
  throw new Error(`"${text.slice(0, 80)}" is neither all, nor a number of GPUs, nor device=ID[,ID]`)
}
