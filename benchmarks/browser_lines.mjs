/**
 * Writes lines with a static site's own engine, under Node.js: node benchmarks/browser_lines.mjs SITE < requests.json
 *
 * In: a JSON array of requests as engine.write takes them, each perhaps with `fit`, what engine.fit takes: the hand that
 * is learned from it is written in. Out: an array of their lines, and on stderr the engine's steps, lanes and seconds of
 * processor time while it wrote.
 */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const site = resolve(process.argv[2]);
const [fitting, weights, networks, requests, writing] = await Promise.all(["fit", "weights", "network", "request", "writing"]
  .map((name) => import(pathToFileURL(`${site}/engine/${name}.js`))));
const bytes = readFileSync(`${site}/model.bin`);
const model = weights.parse(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
const kernel = readFileSync(`${site}/engine/kernel.wasm`);
const network = await networks.createNetwork(model, kernel);
const backward = await fitting.createBackward(model, kernel);

const asked = JSON.parse(readFileSync(0, "utf8"));
let steps = 0, seconds = 0;
const written = asked.map(({ fit, ...request }) => {
  const hand = fit && learned(fit);
  const { lines, ...options } = requests.toWrite(hand ? { ...request, hand } : request, model);
  const found = [], start = process.cpuUsage();
  for (const done of writing.write(network, lines, options)) {
    steps += 1;
    for (const { index, line } of done) found[index] = line;
  }
  const { user, system } = process.cpuUsage(start);
  seconds += (user + system) / 1e6;
  return found;
});
console.error(JSON.stringify({ steps, lanes: networks.LANES, seconds }));
console.log(JSON.stringify(written));

function learned(lines) {
  const course = fitting.fit(network, backward, requests.toFit({ lines }, model.header));
  for (;;) {
    const { value, done } = course.next();
    if (done) return value.hand;
  }
}
