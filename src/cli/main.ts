import { enableCompileCache } from 'node:module'
import { join } from 'node:path'

// Compiled code is kept in a folder of the user's own: in a shared one, a stranger could put code there for us.
const { HOME, XDG_CACHE_HOME } = process.env
if (HOME !== undefined) enableCompileCache(join(XDG_CACHE_HOME || join(HOME, '.cache'), 'berth', 'code'))

void import('./cli.ts').then(({ cli }) => cli())
