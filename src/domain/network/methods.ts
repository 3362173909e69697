/** The methods that a rule can name. */
export const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const

/** Methods that only read. */
export const READS = ['GET', 'HEAD'] as const

export const isMethod = (word: string): boolean => (METHODS as readonly string[]).includes(word)
