/** The name of a repository's folder, in a task with several. */
export const REPOSITORY_FOLDER = /^(?!.*\.git$)[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/
export const REPOSITORY_FOLDER_WORDS =
  'a letter or digit, then letters, digits and . _ -, at most 64, without .git at the end'
/** The main one is one of them. */
export const MOST_REPOSITORIES = 16
