/**
 * Characters that show nothing and change how others are shown: directions, joiners, separators, marks of byte order, tags.
 * For a character class.
 */
export const INVISIBLE = String.raw`\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\u{e0000}-\u{e0fff}`
