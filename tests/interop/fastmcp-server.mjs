// A server on fastmcp, which speaks 2025-11-25.
//
//   node fastmcp-server.mjs stdio
//   node fastmcp-server.mjs http        prints {"url":…} as its first line
//
// Tools: echo {text}; add {a, b} (structured); count {n} (progress 1..n of n, "step i", 20 ms apart); break (progress 1 of
// 2, then an error); wait (progress without total every 20 ms until it is cancelled); cancelled (answers once a wait has been
// cancelled); name (asks for one); think (asks the client's model); flood {count} (progress 1..count of count, for the bench).
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { FastMCP, UserError } from 'fastmcp';
import { z } from 'zod';

const STEP_MS = 20;
const waitCancelled = Promise.withResolvers();
const server = new FastMCP({ name: 'fastmcp-server', version: '1.0.0' });
const tool = (name, parameters, execute, more = {}) =>
  server.addTool({ name, description: `The tool ${name}.`, parameters: z.object(parameters), execute, ...more });

tool('echo', { text: z.string() }, async ({ text }) => text);
tool('add', { a: z.number(), b: z.number() }, async ({ a, b }) => ({ sum: a + b }), { outputSchema: z.object({ sum: z.number() }) });

tool('count', { n: z.int() }, async ({ n }, { reportProgress }) => {
  for (let i = 1; i <= n; i++) {
    await reportProgress({ progress: i, total: n, message: `step ${i}` });
    await delay(STEP_MS);
  }

  return `counted to ${n}`;
});

tool('flood', { count: z.int() }, async ({ count }, { reportProgress }) => {
  for (let i = 1; i <= count; i++) {
    await reportProgress({ progress: i, total: count });
  }

  return `reported ${count}`;
});

tool('break', {}, async (_, { reportProgress }) => {
  await reportProgress({ progress: 1, total: 2 });
  throw new UserError('It broke half-way.');
});

tool('wait', {}, async (_, { reportProgress, signal }) => {
  for (let i = 1; !signal.aborted; i++) {
    await reportProgress({ progress: i });
    await delay(STEP_MS);
  }

  waitCancelled.resolve();
  return 'nobody hears this';
});

tool('cancelled', {}, async () => {
  await waitCancelled.promise;
  return 'a wait was cancelled';
});

tool('name', {}, async (_, { elicit }) => {
  const { action, content } = await elicit({
    message: 'Who are you?',
    requestedSchema: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] },
  });
  return action === 'accept' ? `Hello ${content.name}` : action;
});

tool('think', {}, async (_, { sessionId }) => {
  // fastmcp answers calls before it lists the session they came on.
  let session;
  while (!(session = server.sessions.find(candidate => candidate.sessionId === sessionId))) {
    await delay(STEP_MS);
  }

  try {
    await session.requestSampling({ messages: [{ role: 'user', content: { type: 'text', text: 'Think!' } }], maxTokens: 9 });
    return 'thought';
  } catch (error) {
    return `refused with ${error.code}`;
  }
});

if (process.argv[2] === 'http') {
  const port = await freePort();
  await server.start({ transportType: 'httpStream', httpStream: { port, host: '127.0.0.1' } });
  process.stdout.write(JSON.stringify({ url: `http://127.0.0.1:${port}/mcp` }) + '\n');
} else {
  await server.start({ transportType: 'stdio' });
}

// fastmcp does not say which port it got when it is asked for any.
function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer().on('error', reject).listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}
