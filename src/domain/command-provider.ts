import * as z from 'zod'

/**
 * The placeholders of `command` and `env`: `{prompt_file}` stands for the prompt's path.
 * @example
 * ```ts
 * const list = PLACEHOLDERS.map((name) => `{${name}}`).join(', ')
 * ```
 */
export const PLACEHOLDERS = ['model', 'session', 'prompt', 'prompt_file', 'work', 'home', 'base_url', 'key'] as const

/**
 * The name of one placeholder.
 * @example
 * ```ts
 * const values: Partial<Record<Placeholder, string>> = { work: '/work', model: 'small-1' }
 * ```
 */
export type Placeholder = (typeof PLACEHOLDERS)[number]

/**
 * The placeholders in a text, known or unknown.
 * @example
 * ```ts
 * const names = namedIn('--cd={work} --model={model}') // ['work', 'model']
 * ```
 */
export const namedIn = (text: string): readonly string[] =>
  [...text.matchAll(/\{([^{}\s]*)\}/g)].map(([, name]) => name ?? '')

const template = z
  .string()
  .refine((text) => namedIn(text).every((name) => (PLACEHOLDERS as readonly string[]).includes(name)), {
    error: ({ input }) => `"${String(input)}": there is no such placeholder; there are {${PLACEHOLDERS.join('}, {')}}`,
  })

const word = template.refine((text) => text === '{prompt}' || !namedIn(text).includes('prompt'), {
  error: '{prompt} must be a whole argument',
})

const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/
const variable = z.string().regex(VARIABLE, 'not the name of a variable')
const path = z.string().regex(/^[^.\s]+(\.[^.\s]+)*$/, 'not a path of fields, like part.text')
const outcome = z.enum(['ok', 'auth', 'rate-limit', 'network', 'model', 'context', 'agent'])

const rule = z
  .strictObject({
    when: z.record(path, z.union([z.string(), z.number(), z.boolean()])).prefault({}),
    session: path.optional(),
    message: path.optional(),
    reasoning: path.optional(),
    notice: path.optional(),
    error: path.optional(),
    'tool-start': z.strictObject({ id: path, name: path, input: path.optional() }).optional(),
    'tool-end': z.strictObject({ id: path, output: path.optional(), 'exit-code': path.optional() }).optional(),
    usage: z
      .strictObject({ input: path, cached: path.optional(), output: path, reasoning: path.optional() })
      .optional(),
    done: z.literal(true).optional(),
  })
  .refine((one) => Object.keys(one).length > 1, { error: 'names no field of an event' })

/**
 * An agent by configuration alone: a table [providers.NAME] of the config file. Berth stores the table with its tasks.
 * @example
 * ```ts
 * const mine = commandProvider.parse({
 *   command: ['mine', 'run', ['--model', '{model}'], '{prompt}'],
 *   prompt: 'argument',
 *   output: 'json',
 *   events: [{ when: { type: 'message' }, message: 'text' }],
 *   key: 'MINE_API_KEY',
 * })
 * ```
 */
export const commandProvider = z
  .strictObject({
    title: z.string().max(80).optional(),
    /** Program and arguments. Berth leaves out an inner list if one of its placeholders has no value. */
    command: z.tuple([word], z.union([word, z.array(word).min(1)])),
    prompt: z.enum(['stdin', 'file', 'argument']).prefault('stdin'),
    output: z.enum(['text', 'json']).prefault('text'),
    /** How Berth reads lines of JSON: each rule that fits a line gives events. */
    events: z.array(rule).prefault([]),
    'exit-codes': z.record(z.string().regex(/^\d{1,3}$/, 'not an exit code'), outcome).prefault({}),
    'session-paths': z.array(z.string().regex(/^(?!.*\.\.)[^/].*[^/]$/, 'not a path below the home')).prefault([]),
    env: z.record(variable, template).prefault({}),
    /** The caller's variable that holds the model's key. */
    key: variable.optional(),
    header: z.enum(['authorization-bearer', 'x-api-key', 'x-goog-api-key']).prefault('authorization-bearer'),
    'base-url': z.url({ protocol: /^https?$/, error: 'not an http or https URL' }).optional(),
    /** Hosts that the program must reach beside its model: the rules of its tasks allow them. */
    hosts: z.array(z.string().regex(/^[\w-]+(\.[\w-]+)*$/, 'not the name of a host')).prefault([]),
    interrupt: z.enum(['SIGINT', 'SIGTERM']).prefault('SIGINT'),
  })
  .superRefine((one, context) => {
    const problem = (at: string, message: string) => context.addIssue({ code: 'custom', path: [at], message })
    const words = one.command.flat()
    const names = new Set(words.flatMap(namedIn))
    const everywhere = new Set([...names, ...Object.values(one.env).flatMap(namedIn)])
    if (one.prompt === 'argument' && !names.has('prompt'))
      problem('command', 'prompt = "argument" needs an argument {prompt}')
    if (one.prompt === 'file' && !everywhere.has('prompt_file'))
      problem('command', 'prompt = "file" needs {prompt_file} in an argument or a variable')
    if (one.prompt !== 'argument' && names.has('prompt')) problem('command', '{prompt} needs prompt = "argument"')
    if (Object.values(one.env).flatMap(namedIn).includes('prompt')) problem('env', 'a variable cannot hold {prompt}')
    if (names.has('key')) problem('command', '{key} belongs in a variable, because other users can see arguments')
    if (one.output === 'text' && one.events.length > 0) problem('events', 'events need output = "json"')
    if (one.output === 'json' && one.events.length === 0)
      problem('output', 'output = "json" needs [[providers.NAME.events]]')
    if (one.events.some((event) => event.session !== undefined) !== names.has('session'))
      problem('command', 'a session needs both: an event with its id and an argument {session}')
  })

/**
 * A table as it is after the schema: every key with its default.
 * @example
 * ```ts
 * const usesKey = ({ env }: CommandProvider) => Object.values(env).some((value) => namedIn(value).includes('key'))
 * ```
 */
export type CommandProvider = z.output<typeof commandProvider>
