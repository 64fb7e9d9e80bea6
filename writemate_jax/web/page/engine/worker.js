/**
 * The network in a thread of its own, so that the page stays quick. browser.js talks to it:
 *
 * in: {id, open: {model, kernel}}, {id, write: request}, {id, fit: request}, {abort: id}
 * out: {id, line: {index, line}} while it writes, {id, share} while it learns, then {id, result} or
 * {id, error: {kind, message}}
 *
 * Requests are answered one after the other.
 */
import { EngineError } from "./error.js";
import { createBackward, fit } from "./fit.js";
import { createNetwork } from "./network.js";
import { toFit, toWrite } from "./request.js";
import { parse } from "./weights.js";
import { write } from "./writing.js";

const PATIENCE = 15; // ms of work, after which messages are looked at

let model, network, kernel, backward = null;
let former = Promise.resolve();
const given = new Set(); // ids of requests that were given up

const answers = {
  async open({ model: address, kernel: kernelAddress }) {
    const [weights, code] = await Promise.all([bytes(address), "WebAssembly" in globalThis ? load(kernelAddress) : null]);
    kernel = code?.ok ? await code.arrayBuffer() : null; // a host that has no such files: slower, and the same ink
    model = parse(weights);
    network = await createNetwork(model, kernel);
    const { styles, network: { styleSize }, random, writers, ...header } = model.header;
    const hands = styles.length ? [] : random.map((row) => writers[row - 1]); // where no style has a name
    return { styles, network: { weights: header.weights, styleSize, hands } };
  },

  async write(request, id) {
    const { lines, ...options } = toWrite(request, model);
    await patiently(id, write(network, lines, options), (done) => done.forEach((line) => postMessage({ id, line })));
  },

  async fit(request, id) {
    backward ??= await createBackward(model, kernel);
    return patiently(id, fit(network, backward, toFit(request, model.header)), (share) => postMessage({ id, share }));
  },
};

/** Runs a generator to its end, or until its request is given up; returns what it returns. */
async function patiently(id, steps, each = () => {}) {
  let since = performance.now();
  for (;;) {
    const { value, done } = steps.next();
    if (done) return value;
    each(value);
    if (performance.now() - since > PATIENCE) {
      await messages();
      if (given.has(id)) return null;
      since = performance.now();
    }
  }
}

const { port1, port2 } = new MessageChannel();

/** Lets messages that have come be handled; a timer would wait longer. */
function messages() {
  return new Promise((resolve) => {
    port1.onmessage = resolve;
    port2.postMessage(null);
  });
}

async function load(address) {
  try {
    return await fetch(address);
  } catch {
    throw new EngineError("offline", "The network's weights could not be loaded. Is this device online?");
  }
}

async function bytes(address) {
  const answer = await load(address);
  if (!answer.ok) throw new EngineError("failed", `The network's weights could not be loaded (${answer.status}).`);
  return answer.arrayBuffer();
}

async function answer({ id, ...request }) {
  const [what] = Object.keys(request);
  try {
    if (!given.has(id)) postMessage({ id, result: await answers[what](request[what], id) });
  } catch (error) {
    const { kind = "failed", message } = error;
    postMessage({ id, error: { kind, message } });
  }
  given.delete(id);
}

onmessage = ({ data }) => {
  if ("abort" in data) given.add(data.abort);
  else former = former.then(() => answer(data));
};
