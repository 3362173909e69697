import type { DatabaseSync } from 'node:sqlite'
import { BerthError } from '../domain/errors.ts'

const MIGRATIONS: readonly string[] = [
  `create table task (
     id text primary key,
     name text,
     state text not null,
     provider text not null,
     created_at text not null,
     journal_offset integer not null,
     -- not over, or with a container that is still to be removed
     open integer not null,
     record text not null
   );
   create index task_state on task (state);
   create index task_open on task (id) where open = 1;
   create unique index task_name on task (name) where name is not null;
   create table label (
     task text not null references task (id) on delete cascade,
     name text not null,
     value text not null,
     primary key (task, name)
   );
   create index label_value on label (name, value);`,
  // Records have fields that those of older versions lack: they are made again from their journals.
  'delete from task;',
  // So that neither a list nor an id looks at every task that ever was.
  `alter table task add column archived integer generated always as (coalesce(json_extract(record, '$.archived'), 0)) virtual;
   create index task_archived on task (archived, id);`,
  `alter table task add column submit_key text generated always as (json_extract(record, '$.key')) virtual;
   create index task_submit_key on task (submit_key) where submit_key is not null;`,
  // Records may hold what an agent had forged: they are made again, by readers that take none of it.
  'delete from task;',
  // A task in a pre-started sandbox has an older id than one that was created before it.
  `create index task_created on task (created_at, id);
   drop index task_open;
   create index task_open on task (created_at, id) where open = 1;
   drop index task_archived;
   create index task_archived on task (archived, created_at, id);`,
]

const versionOf = (db: DatabaseSync): number => Number(db.prepare('pragma user_version').get()?.['user_version'] ?? 0)

/** Refuses a database that a newer Berth has made, before anything of the state folder is touched. */
export const refuseNewer = (db: DatabaseSync, path: string): void => {
  const version = versionOf(db)
  if (version <= MIGRATIONS.length) return
  throw new BerthError(
    'state-newer',
    `${path}: a newer Berth has written this state (its version is ${version}, this Berth knows ${MIGRATIONS.length})`,
  )
}

/** Brings a database to the newest version in one transaction; two processes at once do no harm. True where it was older. */
export const migrate = (db: DatabaseSync): boolean => {
  db.exec('begin immediate')
  try {
    const version = versionOf(db)
    for (const sql of MIGRATIONS.slice(version)) db.exec(sql)
    db.exec(`pragma user_version = ${MIGRATIONS.length}`)
    db.exec('commit')
    return version < MIGRATIONS.length
  } catch (error) {
    if (db.isTransaction) db.exec('rollback')
    throw error
  }
}
