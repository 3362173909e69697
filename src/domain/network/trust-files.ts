/**
 * Files beside the gateway's socket that tell the programs in a sandbox which authorities to trust. The gateway writes
 * them. Apt and wget read no variable that names authorities, but one that names a file of settings.
 */
export const TRUST_FILES = { pem: 'ca.pem', java: 'ca.jks', apt: 'apt.conf', wget: 'wgetrc' } as const
