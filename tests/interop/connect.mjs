// What the TypeScript clients here share: the way to a server, from a command line, with either generation of the SDK.

/**
 * Connects to a server.
 * @param {string[]} target an http(s) URL alone, or a command and its arguments
 * @param {object} [options]
 * @param {boolean} [options.modern] speak 2026-07-28 and nothing else, with the SDK's second generation
 * @param {string} [options.token] a bearer token for HTTP
 */
export async function connect(target, { modern = false, token } = {}) {
  const { Client, StdioClientTransport, StreamableHTTPClientTransport } = modern ? await second() : await first();
  const client = new Client(
    { name: 'mcpprogress-interop', version: '1.0.0' },
    modern ? { versionNegotiation: { mode: { pin: '2026-07-28' } } } : undefined,
  );
  const [head, ...rest] = target;
  const transport = /^https?:/.test(head)
    ? new StreamableHTTPClientTransport(new URL(head), {
        requestInit: token === undefined ? undefined : { headers: { Authorization: `Bearer ${token}` } },
      })
    : new StdioClientTransport({ command: head, args: rest, stderr: 'inherit' });
  await client.connect(transport);
  return { client, transport };
}

async function first() {
  return {
    ...await import('@modelcontextprotocol/sdk/client/index.js'),
    ...await import('@modelcontextprotocol/sdk/client/stdio.js'),
    ...await import('@modelcontextprotocol/sdk/client/streamableHttp.js'),
  };
}

async function second() {
  return {
    ...await import('@modelcontextprotocol/client'),
    ...await import('@modelcontextprotocol/client/stdio'),
  };
}
