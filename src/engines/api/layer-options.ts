import type { Mount } from '../../domain/container-spec.ts'

/** A mount that is a layer of the task's own over a shared folder. */
export type Layer = Mount & { readonly over: NonNullable<Mount['over']> }

export const isLayer = (mount: Mount): mount is Layer => mount.over !== undefined

/** The kernel's options of an overlay; what they cannot carry is refused before. */
export const layerOptions = ({ source, over }: Layer): readonly string[] => [
  `lowerdir=${over.shared}`,
  `upperdir=${source}`,
  `workdir=${over.work}`,
]

/** The words of a mount's options that say what lies where. */
export const layersIn = (options: string): ReadonlyMap<string, string> =>
  new Map(
    options
      .split(',')
      .map((option) => option.split('='))
      .map(([name = '', value = '']) => [name, value]),
  )
