// A server of revision 2026-07-28 alone, on the TypeScript SDK's second generation.
//
//   node modern-server.mjs stdio
//   node modern-server.mjs http        prints {"url":…} as its first line
//
// Tools: echo {text}; count {n} (progress 1..n of n, "step i", 20 ms apart); wait (progress without total every 20 ms
// until it is cancelled); cancelled (answers once a wait has been cancelled).
import { createServer } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, fromJsonSchema, McpServer } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';

const STEP_MS = 20;
const waitCancelled = Promise.withResolvers();

const schema = (properties, required = []) => fromJsonSchema({ type: 'object', properties, required });
const text = value => ({ content: [{ type: 'text', text: value }] });

function build() {
  const server = new McpServer({ name: 'modern-server', version: '1.0.0' });
  server.registerTool('echo', { inputSchema: schema({ text: { type: 'string' } }, ['text']) }, args => text(args.text));

  server.registerTool('count', { inputSchema: schema({ n: { type: 'integer' } }, ['n']) }, async ({ n }, context) => {
    for (let i = 1; i <= n; i++) {
      await report(context, { progress: i, total: n, message: `step ${i}` });
      await delay(STEP_MS);
    }

    return text(`counted to ${n}`);
  });

  server.registerTool('wait', { inputSchema: schema({}) }, async (_, context) => {
    for (let i = 1; !context.mcpReq.signal.aborted; i++) {
      await report(context, { progress: i });
      await delay(STEP_MS);
    }

    waitCancelled.resolve();
    return text('nobody hears this');
  });

  server.registerTool('cancelled', { inputSchema: schema({}) }, async () => {
    await waitCancelled.promise;
    return text('a wait was cancelled');
  });
  return server;
}

async function report(context, update) {
  const progressToken = context.mcpReq._meta?.progressToken;
  if (progressToken !== undefined) {
    await context.mcpReq.notify({ method: 'notifications/progress', params: { progressToken, ...update } });
  }
}

if (process.argv[2] === 'http') {
  const web = createServer(toNodeHandler(createMcpHandler(build, { legacy: 'reject' })));
  web.listen(0, '127.0.0.1', () => {
    process.stdout.write(JSON.stringify({ url: `http://127.0.0.1:${web.address().port}/mcp` }) + '\n');
  });
} else {
  serveStdio(build, { legacy: 'reject' });
}
