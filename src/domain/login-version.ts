import { createHash } from 'node:crypto'
import type { Login } from './login.ts'

/** Names the tokens of a login without telling them: another one after each refresh. */
export const loginVersion = ({ access, refresh }: Pick<Login, 'access' | 'refresh'>): string =>
  createHash('sha256')
    .update(JSON.stringify([access, refresh]))
    .digest('hex')
    .slice(0, 16)
