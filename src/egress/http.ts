/** node:http, asked for this way because an `import` of it also loads Node's WebSocket client: 20 ms and 13 MB at the start. */
export const http = process.getBuiltinModule('node:http')
