import type { Plan } from './plan.ts'

const reviewOf = (prompt: string, base: string): string =>
  [
    `Review the changes that this branch makes since it left ${base}: \`git diff ${base}...HEAD\` shows them.`,
    'Look for faults in what they do, for what they break elsewhere, for holes in security and for tests that are missing.',
    'Change nothing: what you write into files is thrown away. End with your findings, the gravest first, each with its',
    'file and line, what goes wrong and when; say so where you find none.',
    ...(prompt.trim() === '' ? [] : ['', prompt]),
  ].join('\n')

/** The prompt as the agent is told it: in a review with what to review, and at its end the files that go with it, by their paths. */
export const toldPrompt = (prompt: string, { review, files = [] }: Pick<Plan, 'review' | 'files'>): string => {
  const text = review === undefined ? prompt : reviewOf(prompt, review.base)
  if (files.length === 0) return text
  return `${text}\n\nFiles that go with this prompt:\n${files.map(({ path, mention }) => `- ${mention ? '@' : ''}${path}\n`).join('')}`
}
