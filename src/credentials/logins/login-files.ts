import { existsSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { BerthError } from '../../domain/errors.ts'
import type { Login } from '../../domain/login.ts'
import { ANSWER_FILE, LOGIN_FILE, type LoginAnswer, MOST_LOGIN_BYTES } from '../../domain/login-answer.ts'
import { isLoginName, type LoginId, loginCommand } from '../../domain/login-name.ts'
import { loginVersion } from '../../domain/login-version.ts'
import { parseLogin } from '../../domain/parse-login.ts'
import type { LoginService } from '../../providers/provider.ts'
import { faultPoint } from '../../std/fault-point.ts'
import { makePrivateFolder, NotPrivate, readPrivateFile } from '../../std/private-file.ts'
import { writeFileDurably } from '../../std/write-file-durably.ts'
import { mergeAnswer } from './merge-answer.ts'

/** No login has this name: it is free for the name of the one in use. */
const CHOSEN_FILE = '.in-use'
/** Its time is that of the last use. */
const USED_FILE = 'used'

const subfolders = (folder: string): readonly string[] => {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .flatMap((entry) => (entry.isDirectory() ? [entry.name] : []))
      .sort()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

const failed = (id: LoginId, why: string, cause?: unknown) =>
  new BerthError('login-failed', `the login ${id.provider}/${id.name} cannot be used: ${why}`, {
    hint: `Log in again: \`${loginCommand(id)}\`.`,
    ...(cause === undefined ? {} : { cause }),
  })

/** Tells of a file that is not ours alone as of a login that cannot be used. */
const ours = <T>(id: LoginId, use: () => T): T => {
  try {
    return use()
  } catch (error) {
    if (error instanceof NotPrivate) throw failed(id, error.message, error)
    throw error
  }
}

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

const lines = (value: object): string => `${JSON.stringify(value, null, 2)}\n`

const storedLogin = (path: string, id: LoginId): Login | null => {
  const text = ours(id, () => readPrivateFile(path, MOST_LOGIN_BYTES))
  if (text === null) return null
  const login = parseLogin(parseJson(text))
  if (!login.ok) throw failed(id, `login.json is ${login.error}`)
  if (login.value.provider !== id.provider || login.value.name !== id.name)
    throw failed(id, `it is that of ${login.value.provider}/${login.value.name}`)
  return login.value
}
/** What a refresher wrote for these very tokens. */
const answerFor = (path: string, login: Login): LoginAnswer | null => {
  const text = ours(login, () => readPrivateFile(path, MOST_LOGIN_BYTES))
  const answer = text === null ? null : (parseJson(text) as LoginAnswer | null)
  return answer?.v === 1 && answer.version === loginVersion(login) ? answer : null
}

/** The files of all logins, below one folder. One process writes them, beside the refreshers. */
export const loginFiles = (root: string, serviceOf: (login: Login) => LoginService | undefined) => {
  const folderOf = ({ provider, name }: LoginId) => join(root, provider, name)
  const fileOf = (id: LoginId, file: string) => join(folderOf(id), file)
  const ids = (): readonly LoginId[] =>
    subfolders(root).flatMap((provider) =>
      subfolders(join(root, provider)).flatMap((name) =>
        isLoginName(name) && existsSync(join(root, provider, name, LOGIN_FILE)) ? [{ provider, name }] : [],
      ),
    )
  const has = (id: LoginId) => isLoginName(id.name) && existsSync(fileOf(id, LOGIN_FILE))

  const write = async (login: Login): Promise<void> => {
    ours(login, () => {
      makePrivateFolder(root)
      makePrivateFolder(join(root, login.provider))
      makePrivateFolder(folderOf(login))
    })
    await writeFileDurably(fileOf(login, LOGIN_FILE), lines(login))
  }
  const dropAnswer = (id: LoginId) => rm(fileOf(id, ANSWER_FILE), { force: true })

  /** The login with what a refresher brought. An answer that cannot be read is kept, for a Berth that can. */
  const read = async (id: LoginId): Promise<Login | null> => {
    if (!isLoginName(id.name)) return null
    const login = storedLogin(fileOf(id, LOGIN_FILE), id)
    const answer = login === null ? null : answerFor(fileOf(id, ANSWER_FILE), login)
    if (login === null || answer === null) return login
    const merged = mergeAnswer(login, answer, serviceOf(login))
    if (answer.status === 200 && merged.problem !== null) return merged
    await write(merged)
    faultPoint('login.merged')
    await dropAnswer(id)
    return merged
  }
  const replace = async (login: Login): Promise<void> => {
    await write(login)
    await dropAnswer(login)
  }

  return {
    ids,
    has,
    folderOf,
    write,
    read,
    replace,
    /** In place of these tokens alone. False: the login has others, or is gone. */
    async replaceVersion(login: Login, version: string): Promise<boolean> {
      const before = await read(login)
      if (before === null || loginVersion(before) !== version) return false
      await replace(login)
      return true
    },
    async remove(id: LoginId): Promise<void> {
      // First the tokens: the rest says nothing.
      await rm(fileOf(id, LOGIN_FILE), { force: true })
      await rm(folderOf(id), { recursive: true, force: true })
    },
    /** What `choose` wrote, whether it is there or not. */
    chosen(provider: string): string | null {
      try {
        return readPrivateFile(join(root, provider, CHOSEN_FILE), MOST_LOGIN_BYTES)?.trim() ?? null
      } catch (error) {
        if (error instanceof NotPrivate) return null
        throw error
      }
    },
    choose: ({ provider, name }: LoginId) => writeFileDurably(join(root, provider, CHOSEN_FILE), `${name}\n`),
    /** Notes when a login was used, where it is there. */
    used(id: LoginId, at: Date): void {
      if (!has(id)) return
      const path = fileOf(id, USED_FILE)
      writeFileSync(path, '', { mode: 0o600 })
      utimesSync(path, at, at)
    },
    lastUsed: (id: LoginId): string | null =>
      statSync(fileOf(id, USED_FILE), { throwIfNoEntry: false })?.mtime.toISOString() ?? null,
  }
}

export type LoginFiles = ReturnType<typeof loginFiles>
