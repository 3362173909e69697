import type { EffectiveSettings } from '../../domain/effective-settings.ts'

/** `differs`: what runs is not what was asked, and that matters. */
export type Compared = EffectiveSettings[number] & { readonly differs: boolean }

/** A setting that must be as asked. */
export const compare = (setting: string, asked: string, effective: string, same = asked === effective): Compared => ({
  setting,
  asked,
  effective,
  enforced: same,
  differs: !same,
})
