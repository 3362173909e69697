/** The first line of a text that is not blank, without the spaces around it; empty where all are. */
export const firstLine = (text: string): string => (text.split('\n').find((line) => line.trim() !== '') ?? '').trim()
