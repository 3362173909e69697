declare const __BERTH_BUILD__: string | undefined

/** Which build of Berth this program is: a hash of all sources; `dev` when it runs from them. */
export const BUILD = typeof __BERTH_BUILD__ === 'undefined' ? 'dev' : __BERTH_BUILD__
