// A server on the TypeScript SDK, first generation, as its documentation shows it.
//
//   node ts-server.mjs stdio
//   node ts-server.mjs http        prints {"url":…} as its first line
//
// Tools: echo {text}; flood {count} (progress 1..count of count, as fast as it goes).
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const interop = createRequire(new URL('../../tests/interop/package.json', import.meta.url));
const load = name => import(pathToFileURL(interop.resolve(name)));
const { McpServer } = await load('@modelcontextprotocol/sdk/server/mcp.js');
const { StdioServerTransport } = await load('@modelcontextprotocol/sdk/server/stdio.js');
const { StreamableHTTPServerTransport } = await load('@modelcontextprotocol/sdk/server/streamableHttp.js');
const { z } = await load('zod');

const text = value => ({ content: [{ type: 'text', text: value }] });

function build() {
  const server = new McpServer({ name: 'ts-server', version: '1.0.0' });
  server.registerTool('echo', { inputSchema: { text: z.string() } }, async args => text(args.text));
  server.registerTool('flood', { inputSchema: { count: z.int() } }, async ({ count }, { _meta, sendNotification }) => {
    for (let i = 1; i <= count; i++) {
      await sendNotification({
        method: 'notifications/progress',
        params: { progressToken: _meta.progressToken, progress: i, total: count },
      });
    }

    return text(`reported ${count}`);
  });
  return server;
}

if (process.argv[2] === 'http') {
  const sessions = new Map();
  const web = createServer(async (request, response) => {
    let transport = sessions.get(request.headers['mcp-session-id']);
    if (transport === undefined) {
      transport = new StreamableHTTPServerTransport({
        sessionIdGenerator: randomUUID,
        onsessioninitialized: id => sessions.set(id, transport),
      });
      await build().connect(transport);
    }

    await transport.handleRequest(request, response);
  });
  web.listen(0, '127.0.0.1', () => {
    process.stdout.write(JSON.stringify({ url: `http://127.0.0.1:${web.address().port}/mcp` }) + '\n');
  });
} else {
  await build().connect(new StdioServerTransport());
}
