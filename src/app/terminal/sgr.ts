import type { Look } from './xterm-core.ts'

const rgb = (color: number, separator: string): string =>
  [(color >>> 16) & 255, (color >>> 8) & 255, color & 255].join(separator)

/** `base`: 30 or 40. */
const color = (base: number, value: number, isRgb: boolean): string => {
  if (isRgb) return `${base + 8};2;${rgb(value, ';')}`
  if (value < 8) return String(base + value)
  return value < 16 ? String(base + 52 + value) : `${base + 8};5;${value}`
}

/** How xterm marks a colour: none, of the palette, or of all colours. */
const COLOR_MODE = 0x3000000
const ALL_COLORS = COLOR_MODE

/** The colour may be set before the line is. */
const underlineColor = (value: number): readonly string[] => {
  if ((value & COLOR_MODE) === 0) return []
  return [(value & COLOR_MODE) === ALL_COLORS ? `58:2::${rgb(value, ':')}` : `58:5:${value & 255}`]
}

const underline = (style: number): readonly string[] => {
  if (style === 0) return []
  return [style === 1 ? '4' : `4:${style}`]
}

/** The sequence that gives what is printed behind it a look, whatever the look was before. */
export const sgr = (look: Look, underlineStyle = look.getUnderlineStyle()): string => {
  const codes = [
    '0',
    ...(look.isBold() ? ['1'] : []),
    ...(look.isDim() ? ['2'] : []),
    ...(look.isItalic() ? ['3'] : []),
    ...underline(underlineStyle),
    ...underlineColor(look.extended.underlineColor),
    ...(look.isBlink() ? ['5'] : []),
    ...(look.isInverse() ? ['7'] : []),
    ...(look.isInvisible() ? ['8'] : []),
    ...(look.isStrikethrough() ? ['9'] : []),
    ...(look.isOverline() ? ['53'] : []),
    ...(look.isFgRGB() || look.isFgPalette() ? [color(30, look.getFgColor(), look.isFgRGB())] : []),
    ...(look.isBgRGB() || look.isBgPalette() ? [color(40, look.getBgColor(), look.isBgRGB())] : []),
  ]
  return `\x1b[${codes.join(';')}m`
}

/** The look of an empty cell that has this background alone. */
export const backgroundSgr = (look: Look): string =>
  look.isBgRGB() || look.isBgPalette() ? `\x1b[0;${color(40, look.getBgColor(), look.isBgRGB())}m` : '\x1b[0m'

const UNDERLINED = 0x10000000

/** The look of a saved cursor: xterm saves that there is a line, and not which. */
export const savedSgr = (look: Look): string => sgr(look, look.fg & UNDERLINED ? 1 : 0)
