const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** The environment of a program in the sandbox: the image's PATH, the home, and what the order or a caller adds. */
export const programEnv = (home: string, more: Readonly<Record<string, string>>): Readonly<Record<string, string>> => ({
  PATH: process.env['PATH'] ?? PATH,
  HOME: home,
  USER: 'agent',
  LANG: 'C.UTF-8',
  ...more,
})
