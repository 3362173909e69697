// A file of its own in dist/: a supervisor without a GitHub App, and every command, starts without it.
export { createAppAuth } from '@octokit/auth-app'
export { request } from '@octokit/request'
