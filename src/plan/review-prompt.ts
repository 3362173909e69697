type Review = {
  /** What the caller adds; may be empty. */
  readonly prompt: string
  /** Where the branch left: a branch or a commit. */
  readonly base: string
  /** Files that the agent writes are thrown away afterwards. */
  readonly discards: boolean
}

/** The prompt of a review of what the checked-out branch changes. */
export const reviewPrompt = ({ prompt, base, discards }: Review): string =>
  [
    `Review the changes that this branch makes since it left ${base}: \`git diff ${base}...HEAD\` shows them.`,
    'Look for faults in what they do, for what they break elsewhere, for holes in security and for tests that are missing.',
    `Change nothing${discards ? ': what you write into files is thrown away' : ''}. End with your findings, the gravest first, each with its`,
    'file and line, what goes wrong and when; say so where you find none.',
    ...(prompt.trim() === '' ? [] : ['', prompt]),
  ].join('\n')
