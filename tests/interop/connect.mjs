// What the TypeScript clients here share: the way to a server, from a command line.
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

/**
 * Connects to a server.
 * @param {string[]} target an http(s) URL alone, or a command and its arguments
 * @param {{token?: string}} [options] token: a bearer token for HTTP
 */
export async function connect(target, { token } = {}) {
  const client = new Client({ name: 'mcpprogress-interop', version: '1.0.0' });
  const [first, ...rest] = target;
  const transport = /^https?:/.test(first)
    ? new StreamableHTTPClientTransport(new URL(first), {
        requestInit: token === undefined ? undefined : { headers: { Authorization: `Bearer ${token}` } },
      })
    : new StdioClientTransport({ command: first, args: rest, stderr: 'inherit' });
  await client.connect(transport);
  return { client, transport };
}
