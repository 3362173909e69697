import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  readSync,
  writeSync,
} from 'node:fs'
import { BerthError } from '../domain/errors.ts'
import type { UsedTask } from '../domain/used-task.ts'
import { noSpace } from '../std/no-space.ts'
import type { UsageLedger } from './store.ts'

type Row = UsedTask & { readonly v: 1 }

const parseRow = (line: string): readonly UsedTask[] => {
  try {
    const { v, ...task } = JSON.parse(line) as Row
    return v === 1 && typeof task.id === 'string' && Array.isArray(task.turns) ? [task] : []
  } catch {
    return []
  }
}

/** A line that a kill has torn ends before the next one begins. */
const isTorn = (fd: number, size: number): boolean => {
  const last = Buffer.alloc(1)
  return size > 0 && readSync(fd, last, 0, 1, size - 1) === 1 && last[0] !== 10
}

/** The ledger as a file of lines; nothing but `add` ever writes it. */
export const usageLedger = (path: string): UsageLedger => ({
  add(task) {
    const row: Row = { v: 1, ...task }
    const fd = openSync(path, 'a+', 0o600)
    const { size } = fstatSync(fd)
    const bytes = Buffer.from(`${isTorn(fd, size) ? '\n' : ''}${JSON.stringify(row)}\n`)
    try {
      let written = 0
      while (written < bytes.length) written += writeSync(fd, bytes, written)
      fsyncSync(fd)
    } catch (error) {
      ftruncateSync(fd, size)
      if (!noSpace(error)) throw error
      throw new BerthError('disk-full', `${path}: no space left on the disk to record the usage of ${task.id}`, {
        cause: error,
      })
    } finally {
      closeSync(fd)
    }
  },
  read() {
    const rows = existsSync(path) ? readFileSync(path, 'utf8').split('\n').flatMap(parseRow) : []
    return [...new Map(rows.map((row) => [row.id, row])).values()]
  },
})
