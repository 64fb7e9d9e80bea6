/**
 * Writes lines with a static site's own engine, under Node.js: node benchmarks/browser_lines.mjs SITE < request.json
 *
 * In: a request as engine.write takes it. Out: a JSON array of its lines, and on stderr the points that were drawn in a
 * second, candidates counted.
 */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const site = resolve(process.argv[2]);
const [weights, network, request, writing] = await Promise.all(["weights", "network", "request", "writing"]
  .map((name) => import(pathToFileURL(`${site}/engine/${name}.js`))));
const bytes = readFileSync(`${site}/model.bin`);
const model = weights.parse(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
const written = await network.createNetwork(model, readFileSync(`${site}/engine/kernel.wasm`));
const asked = JSON.parse(readFileSync(0, "utf8"));
const { lines, ...options } = request.toWrite(asked, model);

const found = [];
let steps = 0;
const start = process.cpuUsage();
for (const done of writing.write(written, lines, options)) {
  steps += 1;
  for (const { index, line } of done) found[index] = line;
}
const { user, system } = process.cpuUsage(start);
console.error(JSON.stringify({ steps, lanes: network.LANES, seconds: (user + system) / 1e6 }));
console.log(JSON.stringify(found));
