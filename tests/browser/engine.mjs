/**
 * Runs parts of the page's engine for tests/test_browser_engine.py.
 *
 * In: a JSON object of tasks, each {do, model?, plain?, ...}; a model is the path of a file. Out: the answers, likewise.
 */
import { readFileSync } from "node:fs";

const ENGINE = new URL("../../writemate_jax/web/page/engine/", import.meta.url);
const load = (name) => import(new URL(name, ENGINE));
const [
  alphabet, candidates, elementary, ends, fitting, mixture, networks, randoms, requests, resemblance, textFit, weights, writing,
] = await Promise.all([
  "alphabet", "candidates", "elementary", "line_ends", "fit", "mixture", "network", "random", "request", "resemblance",
  "text_fit", "weights", "writing",
].map((name) => load(`${name}.js`)));
const kernel = readFileSync(new URL("kernel.wasm", ENGINE));

function modelOf(path) {
  const bytes = readFileSync(path);
  return weights.parse(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

const networkOf = ({ model, plain }) => networks.createNetwork(modelOf(model), plain ? null : kernel);

const DO = {
  /** points [t][b][3], texts and styles [b] -> {y [t][b][6m + 1], phi [b][U + 1]}. */
  async steps({ points, texts, styles, ...options }) {
    const network = await networkOf(options);
    texts.forEach((text, lane) => network.start(lane, alphabet.encode(text, network.header.alphabet), styles[lane]));
    const y = points.map((rows) => {
      network.step(Float32Array.from(rows.flat()), rows.length);
      return rows.map((_, lane) => [...network.output(lane)]);
    });
    return { y, phi: texts.map((_, lane) => [...network.phi(lane)]), fast: network.fast };
  },

  logProb: ({ y, points, settings }) => y.map((own, i) => mixture.logProb(Float64Array.from(own), points[i], settings)),

  draw({ y, bias, reach, settings, seed, count }) {
    const random = randoms.createRandom(seed);
    return Array.from({ length: count }, () => (
      mixture.draw(random, Float32Array.from(y), bias, reach ?? Infinity, settings)));
  },

  /** request as engine.write takes it -> lines. */
  async write({ request, ...options }) {
    const model = modelOf(options.model), network = await networkOf(options);
    const { lines, ...how } = requests.toWrite(request, model);
    const found = [];
    for (const done of writing.write(network, lines, how)) for (const { index, line } of done) found[index] = line;
    return found;
  },

  /** What the worker makes of a request where the host answers for kernel.wasm with this status. */
  async worker({ model, status, request }) {
    const said = [];
    globalThis.fetch = async (address) => (
      address === "kernel" ? new Response(status === 200 ? kernel : "", { status }) : new Response(readFileSync(address)));
    globalThis.postMessage = (message) => said.push(message);
    globalThis.onmessage = null;
    await load(`worker.js?${status}`); // a worker each
    onmessage({ data: { id: 1, open: { model, kernel: "kernel" } } });
    onmessage({ data: { id: 2, write: request } });
    while (!said.some(({ id, line, share }) => id === 2 && !line && !share)) await new Promise(setImmediate);
    return said.filter(({ id }) => id === 2);
  },

  async fit({ lines, vector, settings, ...options }) {
    const model = modelOf(options.model), network = await networkOf(options);
    const backward = await fitting.createBackward(model, options.plain ? null : kernel);
    const prepared = lines.map(({ text, rows }) => (
      { text, rows, codes: alphabet.encode(text, model.header.alphabet) }));
    const steps = fitting.fit(network, backward, prepared, { ...model.header.fit, ...settings });
    for (;;) {
      const { value, done } = steps.next();
      if (done) return value;
    }
  },

  async gains({ lines, style, ...options }) {
    const network = await networkOf(options);
    return lines.map(({ text, rows }) => textFit.gain(
      network, text, fitting.withRests(rows, network.header), Float32Array.from(style)));
  },

  async strays({ lines, style, ...options }) {
    return fitting.strays(await networkOf(options), lines, Float32Array.from(style));
  },

  /** Which of the lines writing goes on from, -1 for none. */
  async primer({ lines, style, settings, width, ...options }) {
    const network = await networkOf(options);
    const header = { ...network.header, primer: { ...network.header.primer, ...settings } };
    if (width) header.ink = { ...header.ink, width };
    return lines.indexOf(fitting.bestPrimer({ ...network, header }, lines, Float32Array.from(style)));
  },

  /** request as engine.write takes it -> how each line is written: how many candidates, behind what, and so on. */
  asked({ request, model }) {
    return requests.toWrite(request, modelOf(model)).lines.map(({ candidates: count, bias, hand }) => {
      const { style, primer, trait } = hand;
      return { count, bias, trait, style: [...style],
        primer: primer && { text: primer.text, points: primer.points.map((one) => [...one]) } };
    });
  },

  withoutPrimer: (written) => ends.withoutPrimer(written),
  withoutStop: ({ text, settings, ...written }) => ends.withoutStop(written, text, settings),

  trait: ({ lines, how }) => resemblance.trait(lines, how),
  unlike: ({ line, typical, how }) => resemblance.unlike(line, typical, how),

  drawn({ lines, model }) {
    const { header } = modelOf(model);
    return requests.toFit({ lines }, header).map(({ rows }) => rows);
  },

  draft: ({ complete, place, eos, length }) => candidates.draft(complete, place, eos, length),
  tick: ({ rows, text }) => candidates.startsWithTick(rows, text),
  best: ({ drafts, text, sampling, unlike = null, unread = null, own = false }) => (
    { odd: candidates.oddity(drafts), best: candidates.best(drafts, text, sampling, unlike, unread, own) }),

  /** lines [{rows, text}] -> nats of each. */
  async nats({ lines, ...options }) {
    const { reader } = await networkOf(options);
    return lines.map(({ rows, text }) => reader.nats(rows, text));
  },

  levelled: ({ rows, text, model }) => writing.levelled(rows, text, modelOf(model).header.letters),
  readable: ({ text, model }) => alphabet.readable(text, modelOf(model).header),
  elementary: ({ name, values }) => values.map((value) => elementary[name](...[value].flat())),

  uniform({ seeds, count }) {
    const random = randoms.createRandom(...seeds);
    return Array.from({ length: count }, random.uniform);
  },
};

const answers = {};
for (const [name, task] of Object.entries(JSON.parse(readFileSync(0, "utf8")))) {
  try {
    answers[name] = await DO[task.do](task);
  } catch (error) {
    if (error.name !== "EngineError") throw error;
    answers[name] = { kind: error.kind, message: error.message };
  }
}
process.stdout.write(`${JSON.stringify(answers)}\n`, () => process.exit()); // a worker would wait for more
