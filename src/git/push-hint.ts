/** What a person can do about a push that the rules of a forge refuse, by the forge's own words. */
const HINTS: readonly (readonly [words: RegExp, hint: string])[] = [
  [
    /without `workflows?` (permission|scope)/i,
    'Give the App the permission "Workflows: write", or the token the scope "workflow", and accept it for the installation; else keep workflow files out of the task',
  ],
  [
    /push cannot contain secrets|push protection/i,
    'Remove the secret from the commits, or allow it on the page that the forge names',
  ],
  [
    /verified signature|signed commit/i,
    'Sign the commits with --sign: api for an App, or a key that the forge knows for the address of the committer',
  ],
  [
    /through a pull request|GH006|protected branch/i,
    'Push to a branch of its own (leave --push-to out), and open a pull request with --pr',
  ],
  [
    /GH013|repository rule violations/i,
    'Ask who keeps the rules of the repository, or push to a branch that they allow',
  ],
]

export const pushHint = (reason: string): string | undefined => HINTS.find(([words]) => words.test(reason))?.[1]
