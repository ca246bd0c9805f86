// Lists a server's tools and calls one, with the TypeScript SDK's own client.
//
//   node ts-client.mjs [options] -- <url | command …>
//     --tool name  --arguments json    the call; without a tool, only the list
//     --cancel-after n                 cancels after that many updates
//     --no-progress                    asks for none
//     --modern                         revision 2026-07-28, with the SDK's second generation; else 2025-11-25 with the first
//     --token t                        a bearer token
//
// Prints one JSON object a line:
//   {"server":{…},"tools":[names]}
//   {"progress":{"progress","total"?,"message"?}}    for each update, as it comes
//   {"result":{…}} | {"error":{"code","message"}} | {"cancelled":n}
//   {"unmatched":n}                                  updates this SDK could not hand over: its call was over, or unknown
// Exit code: 0 result or cancelled, 1 error.
import { parseArgs } from 'node:util';
import { connect } from './connect.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    tool: { type: 'string' },
    arguments: { type: 'string', default: '{}' },
    'cancel-after': { type: 'string' },
    'no-progress': { type: 'boolean', default: false },
    modern: { type: 'boolean', default: false },
    token: { type: 'string' },
  },
});

const print = object => process.stdout.write(JSON.stringify(object) + '\n');

const { client, transport } = await connect(positionals, values);
try {
  const { tools } = await client.listTools();
  print({ server: client.getServerVersion(), tools: tools.map(tool => tool.name) });
  if (values.tool !== undefined) {
    await callTool();
  }
} finally {
  // Ends the session too where there is one; a closed connection alone leaves it to the server's timeout.
  await transport.terminateSession?.();
  await client.close();
}

async function callTool() {
  const cancelAfter = values['cancel-after'] === undefined ? Infinity : Number(values['cancel-after']);
  const abort = new AbortController();
  let received = 0;
  let unmatched = 0;

  // The SDK reports an update without a call as an error of the connection.
  client.onerror = error => {
    if (/progress notification for an unknown token/.test(error.message)) {
      unmatched++;
    } else {
      process.stderr.write(`${error.message}\n`);
    }
  };

  const onprogress = update => {
    print({ progress: update });
    if (++received === cancelAfter) {
      abort.abort('enough seen');
    }
  };

  try {
    const result = await client.callTool(
      { name: values.tool, arguments: JSON.parse(values.arguments) },
      ...(values.modern ? [] : [undefined]), // The first generation takes a result schema in between.
      { onprogress: values['no-progress'] ? undefined : onprogress, signal: abort.signal, resetTimeoutOnProgress: true },
    );
    print({ result });
  } catch (error) {
    if (abort.signal.aborted) {
      print({ cancelled: received });
    } else {
      print({ error: { code: error.code, message: error.message } });
      process.exitCode = 1;
    }
  }

  // An answered request behind the call: whatever came late has been read by the time it is back.
  await client.listTools();
  print({ unmatched });
}
