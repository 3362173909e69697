import { existsSync, renameSync } from 'node:fs'
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { BerthError } from '../domain/errors.ts'
import { FINAL, type State, type TaskRecord } from '../domain/task.ts'
import { markClosed, wasClosed } from './closed-mark.ts'
import { migrate, refuseNewer } from './migrations.ts'
import type { FoundTask, Store, TaskFilter } from './store.ts'

const MINIMUM = [3, 51, 3] as const
const LAST = '\u{10ffff}'
const CORRUPT = 11
/** SQLITE_CORRUPT and SQLITE_NOTADB. */
const DAMAGE: ReadonlySet<number> = new Set([CORRUPT, 26])
/** SQLITE_CONSTRAINT_UNIQUE; the id is a primary key. */
const UNIQUE = 2067
const UNFINISHED: readonly State[] = ['queued', 'running', 'waiting', 'blocked']

const checkVersion = (db: DatabaseSync) => {
  const version = String(db.prepare('select sqlite_version() as v').get()?.['v'])
  const parts = version.split('.').map(Number)
  for (const [i, least] of MINIMUM.entries()) {
    if ((parts[i] ?? 0) > least) return
    if ((parts[i] ?? 0) < least)
      throw new BerthError(
        'internal',
        `SQLite ${version} can corrupt a shared database; Node with SQLite ${MINIMUM.join('.')} or newer is needed`,
      )
  }
}

const where = (filter: TaskFilter): { sql: string; values: SQLInputValue[] } => {
  const parts: string[] = []
  const values: SQLInputValue[] = []
  const states = filter.states ?? (filter.all || filter.archived ? undefined : UNFINISHED)
  if (filter.archived) parts.push('archived = 1')
  // What is archived is over.
  else if (!filter.all && states !== UNFINISHED) parts.push('archived = 0')
  if (states !== undefined) {
    parts.push(`state in (${states.map(() => '?').join(',')})`)
    values.push(...states)
  }
  if (filter.provider !== undefined) {
    parts.push('provider = ?')
    values.push(filter.provider)
  }
  for (const [name, value] of Object.entries(filter.labels ?? {})) {
    parts.push('exists (select 1 from label l where l.task = task.id and l.name = ? and l.value = ?)')
    values.push(name, value)
  }
  return { sql: parts.length === 0 ? '' : `where ${parts.join(' and ')}`, values }
}

const foundOf = (row: Readonly<Record<string, unknown>>): FoundTask => ({
  id: String(row['id']),
  name: row['name'] === null ? null : String(row['name']),
})

const recordOf = (row: Record<string, unknown>): TaskRecord => JSON.parse(String(row['record'])) as TaskRecord

type Opened = { readonly db: DatabaseSync; readonly asLeft: boolean }

const checkWhole = (db: DatabaseSync): void => {
  const broken = db.prepare('pragma quick_check(1)').get()?.['quick_check']
  // Garbage in a long record is none of the check's business.
  const unreadable = db.prepare('select id from task where not json_valid(record) limit 1').get()
  if (broken !== 'ok' || unreadable !== undefined)
    throw Object.assign(new Error(String(broken ?? 'a record is garbage')), { errcode: CORRUPT })
}

/** Opens the file; throws an error of SQLite's where it is no database, or a damaged one. */
const openDatabase = (path: string): Opened => {
  const db = new DatabaseSync(path, { timeout: 10_000 })
  try {
    checkVersion(db)
    refuseNewer(db, path)
    const closed = wasClosed(path)
    db.exec('pragma journal_mode = wal; pragma synchronous = normal; pragma foreign_keys = on')
    const older = migrate(db)
    if (!closed) checkWhole(db)
    return { db, asLeft: closed && !older }
  } catch (error) {
    db.close()
    throw error
  }
}

const isDamage = (error: unknown): boolean =>
  DAMAGE.has(Number((error as { errcode?: unknown } | null)?.errcode ?? 0) & 0xff)

/** A damaged database makes way for a new one, and is kept for whoever wants to look. */
const openOrReplace = (path: string, onDamage: (aside: string, error: unknown) => void): Opened => {
  try {
    return openDatabase(path)
  } catch (error) {
    if (!isDamage(error)) throw error
    const aside = `${path}.corrupt-${new Date().toISOString().replaceAll(/[:.]/g, '-')}`
    for (const part of ['', '-wal', '-shm']) if (existsSync(path + part)) renameSync(path + part, aside + part)
    onDamage(aside, error)
    return openDatabase(path)
  }
}

/** Two tasks of one name that came at once: the second has it not. */
const nameTaken = ({ name }: TaskRecord, error: unknown): unknown =>
  (error as { errcode?: number }).errcode === UNIQUE
    ? new BerthError('name-in-use', `--name ${name}: another task has this name`, { cause: error })
    : error

/** The store on SQLite: one file, write-ahead log, short immediate transactions. */
export const sqliteStore = (path: string, onDamage: (aside: string, error: unknown) => void = () => {}): Store => {
  const { db, asLeft } = openOrReplace(path, onDamage)
  const putTask = db.prepare(
    `insert into task (id, name, state, provider, created_at, journal_offset, open, record) values (?, ?, ?, ?, ?, ?, ?, ?)
     on conflict (id) do update set name = excluded.name, state = excluded.state, journal_offset = excluded.journal_offset, open = excluded.open, record = excluded.record`,
  )
  const putLabel = db.prepare('insert into label (task, name, value) values (?, ?, ?) on conflict do nothing')
  const getTask = db.prepare('select record, journal_offset from task where id = ?')
  const getSubmitted = db.prepare('select record from task where id = ?1 or submit_key = ?1')
  const findTask = db.prepare(
    // A range each, so that an index finds it: a text that begins with another lies between it and it with a last letter.
    `select id, name from task where name = ? or (id >= ? and id < ?) or (id >= ? and id < ?) order by created_at desc, id desc limit 20`,
  )
  const findElsewhere = db.prepare(
    `select id, name from task where substr(id, -length(?1)) = ?1
       or (length(?1) >= 12 and substr(json_extract(record, '$.container.id'), 1, length(?1)) = ?1)
       or (length(?1) >= 8 and substr(json_extract(record, '$.session'), -length(?1)) = ?1)
     order by created_at desc, id desc limit 20`,
  )
  const unfinished = db.prepare(`select id from task where open = 1 order by created_at, id`)
  const allOffsets = db.prepare('select id, journal_offset from task')
  const removeTask = db.prepare('delete from task where id = ?')
  return {
    asLeft,
    put(record, offset) {
      db.exec('begin immediate')
      try {
        putTask.run(
          record.id,
          record.name,
          record.state,
          record.provider.id,
          record.createdAt,
          offset,
          FINAL.has(record.state) && record.clean && record.hooksDue === undefined ? 0 : 1,
          JSON.stringify(record),
        )
        for (const [name, value] of Object.entries(record.labels)) putLabel.run(record.id, name, value)
        db.exec('commit')
      } catch (error) {
        // A full disk has ended it already.
        if (db.isTransaction) db.exec('rollback')
        throw nameTaken(record, error)
      }
    },
    get(id) {
      const row = getTask.get(id)
      return row === undefined ? undefined : { record: recordOf(row), offset: Number(row['journal_offset']) }
    },
    submitted(key) {
      const row = getSubmitted.get(key)
      return row === undefined ? undefined : recordOf(row)
    },
    list(filter) {
      const { sql, values } = where(filter)
      const rows = db
        .prepare(`select record from task ${sql} order by created_at desc, id desc limit ?`)
        .all(...values, filter.limit ?? -1)
      return rows.map(recordOf)
    },
    find: (text) => findTask.all(text, text, `${text}${LAST}`, `t-${text}`, `t-${text}${LAST}`).map(foundOf),
    findElsewhere: (text) => findElsewhere.all(text).map(foundOf),
    unfinished: () => unfinished.all().map((row) => String(row['id'])),
    offsets: () => new Map(allOffsets.all().map((row) => [String(row['id']), Number(row['journal_offset'])])),
    remove: (id) => void removeTask.run(id),
    async [Symbol.asyncDispose]() {
      db.close()
      if (existsSync(path)) markClosed(path)
    },
  }
}
