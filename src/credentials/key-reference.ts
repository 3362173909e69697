import { join } from 'node:path'

/** The reference that the setting of an App's key means: a path is a file. */
export const keyReference = (key: string, home: string): string => {
  if (key.startsWith('~/')) return `file:${join(home, key.slice(2))}`
  return key.startsWith('/') ? `file:${key}` : key
}
