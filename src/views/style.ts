export type Format = 'bold' | 'dim' | 'italic' | 'red' | 'green' | 'yellow' | 'blue' | 'cyan' | 'magenta'

/** Colours a text, or leaves it as it is where colours are not wanted. */
export type Style = (format: Format, text: string) => string

export const plain: Style = (_format, text) => text
