export type Stage = { readonly name: string; readonly from: string; readonly body: string }

const FROM = /^FROM\s+(\S+)\s+AS\s+(\S+)\s*$/i

/** The stages of a Containerfile in their order; what stands before the first one belongs to none. */
export const stagesOf = (text: string): readonly Stage[] => {
  const stages: { name: string; from: string; lines: string[] }[] = []
  for (const line of text.split('\n')) {
    const [, from, name] = FROM.exec(line) ?? []
    if (from !== undefined && name !== undefined) stages.push({ name, from, lines: [] })
    // The comment above a stage belongs to that stage and changes no image.
    else if (!line.startsWith('#')) stages.at(-1)?.lines.push(line)
  }
  return stages.map(({ lines, ...stage }) => ({ ...stage, body: `${lines.join('\n').trim()}\n` }))
}

const quoted = (text: string): string => `"${text.replace(/["\\$]/g, '\\$&')}"`

/** One stage as a Containerfile of its own, on an image that is there; all labels in one step. */
export const stageOn = (image: string, { body }: Stage, labels: Readonly<Record<string, string>>): string => {
  const words = Object.entries(labels).map(([name, value]) => `${name}=${quoted(value)}`)
  return `FROM ${image}\n${body}LABEL ${words.join(' ')}\n`
}
