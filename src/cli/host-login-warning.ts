import type { Context } from './context.ts'

/** What a copy of a login does to the one of the user's own CLI. */
export const warnOfHostLogin = ({ stderr }: Context): void =>
  void stderr.write(
    "berth: warning: --login-from-host: your own CLI and Berth now hold one login. Berth refreshes its copy, and the issuer then refuses that of your CLI: log in there again. A logout there ends Berth's copy too. `berth auth login` makes a login of Berth's own.\n",
  )
