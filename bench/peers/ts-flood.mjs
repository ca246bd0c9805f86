// The TypeScript SDK's client under the bench's two loads, against FaultyServer over stdio.
//
//   node ts-flood.mjs <FaultyServer executable> [updates] [echo calls]
//
// Prints one JSON line of the shape that every peer of the bench prints (see bench/README.md).
import { performance } from 'node:perf_hooks';
import { connect } from '../../tests/interop/connect.mjs';

const WARM_UP_UPDATES = 2_000;
const BATCHES = 6; // of echo calls; the best one counts

const [server, updates = '100000', calls = '2000'] = process.argv.slice(2);
const { client } = await connect([server, 'flood']);
client.onerror = () => {}; // A lost update is reported here; it is counted as sent less received.

await flood(WARM_UP_UPDATES);
const flooded = await flood(Number(updates));
const batches = [];
for (let i = 0; i < BATCHES; i++) {
  batches.push(await echo(Number(calls)));
}

await client.close();

process.stdout.write(JSON.stringify({
  ...flooded,
  echoMedianMicroseconds: Math.min(...batches.map(batch => batch.median)),
  echoCpuMicroseconds: Math.min(...batches.map(batch => batch.cpu)),
}) + '\n');

async function flood(sent) {
  let received = 0;
  let outOfOrder = 0;
  let afterResult = 0;
  let highest = 0;
  let done = false;
  const onprogress = ({ progress }) => {
    received++;
    if (progress < highest) {
      outOfOrder++;
    }

    highest = Math.max(highest, progress);
    if (done) {
      afterResult++;
    }
  };

  const memory = process.memoryUsage.rss();
  const before = process.cpuUsage();
  const start = performance.now();
  await client.callTool({ name: 'flood', arguments: { count: sent } }, undefined, { onprogress, timeout: 120_000 });
  const seconds = (performance.now() - start) / 1000;
  done = true;
  await client.ping(); // What was still on its way has been handed over by now.
  const { user, system } = process.cpuUsage(before);
  const peak = process.resourceUsage().maxRSS * 1024;
  return {
    sent, received, outOfOrder, afterResult, seconds,
    cpuSeconds: (user + system) / 1e6,
    peakMegabytes: peak / 2 ** 20,
    growthMegabytes: (peak - memory) / 2 ** 20,
  };
}

async function echo(count) {
  const microseconds = new Float64Array(count);
  const before = process.cpuUsage();
  for (let i = 0; i < count; i++) {
    const start = performance.now();
    await client.callTool({ name: 'echo', arguments: { message: 'hello' } });
    microseconds[i] = (performance.now() - start) * 1000;
  }

  const { user, system } = process.cpuUsage(before);
  return { median: microseconds.sort()[count >> 1], cpu: (user + system) / count };
}
