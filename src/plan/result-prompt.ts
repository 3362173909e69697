/** What the agent is told of the result that the task asks for. */
export const resultPrompt = (schema: object): string =>
  `When you are done, end with one message that is a single JSON value and has no other text. The value must fit this JSON Schema:

\`\`\`json
${JSON.stringify(schema)}
\`\`\``

/** What the agent is told if its last message is no such result. */
export const askAgain = (problems: readonly string[]): string =>
  `Your last message is not the result that was asked for:

${problems.map((problem) => `- ${problem}`).join('\n')}

Send the whole result again as your last message.`
