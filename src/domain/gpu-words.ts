import type { Gpus } from './container-spec.ts'

/** GPUs as `--gpus` has them. */
export const gpuWords = (gpus: Gpus): string => (typeof gpus === 'object' ? `device=${gpus.join(',')}` : `${gpus}`)

/** Whether all GPUs are named as CDI names devices. */
export const isCdi = (gpus: Gpus): gpus is readonly string[] =>
  typeof gpus === 'object' && gpus.every((id) => id.includes('='))

/** The names of CDI for the GPUs; a name that has a kind of its own stays. */
export const cdiNames = (gpus: Gpus): readonly string[] => {
  const named = (id: string) => (id.includes('=') ? id : `nvidia.com/gpu=${id}`)
  if (typeof gpus === 'object') return gpus.map(named)
  return gpus === 'all' ? [named('all')] : Array.from({ length: gpus }, (_, index) => named(`${index}`))
}
