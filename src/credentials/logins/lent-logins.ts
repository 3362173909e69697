import { type LoginId, loginReference } from '../../domain/login-name.ts'

/** Which task has which login in its container. */
export const lentLogins = () => {
  const all = new Map<string, string>()
  return {
    to: (id: LoginId): string | null => all.get(loginReference(id)) ?? null,
    /** False where another task has it. */
    take(id: LoginId, task: string): boolean {
      const key = loginReference(id)
      const holder = all.get(key)
      if (holder === undefined) all.set(key, task)
      return (holder ?? task) === task
    },
    giveBack(task: string): void {
      for (const [key, holder] of all) if (holder === task) all.delete(key)
    },
  }
}

export type LentLogins = ReturnType<typeof lentLogins>
