/** The id of a task that is to be created. */
export const TASK_ID = /^t-[0-9a-z]{18}$/
