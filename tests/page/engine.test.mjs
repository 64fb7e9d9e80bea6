import assert from "node:assert/strict";
import { test } from "node:test";

import { transliterate } from "../../writemate_jax/web/page/engine/alphabet.js";
import { events } from "../../writemate_jax/web/page/engine/events.js";
import { toWrite } from "../../writemate_jax/web/page/engine/request.js";
import { createEngine } from "../../writemate_jax/web/page/engine/server.js";
import { unfit } from "../../writemate_jax/web/page/engine/unfit.js";
import { times } from "../../writemate_jax/web/page/neatness.js";
import { createScribe } from "../../writemate_jax/web/page/scribe.js";

globalThis.document = { baseURI: "http://nowhere.test/sub/path/" };

function stream(...pieces) {
  return new ReadableStream({
    start(controller) {
      const encoder = new TextEncoder();
      for (const piece of pieces) controller.enqueue(typeof piece === "string" ? encoder.encode(piece) : piece);
      controller.close();
    },
  });
}

async function collect(body) {
  const found = [];
  for await (const event of events(body)) found.push(event);
  return found;
}

/** Answers fetch with this; returns the requests. */
function serve(t, answer) {
  const asked = [];
  t.mock.method(globalThis, "fetch", async (url, options = {}) => {
    asked.push({ url: String(url), ...(options.body && JSON.parse(options.body)) });
    return answer(asked.at(-1), options);
  });
  return asked;
}

const event = (name, data) => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
const line = (index, text) =>
  event("line", { index, text, complete: true, points: [[1, 2, 1]], points_per_second: 40 });

test("events are the same however the bytes arrive", async () => {
  const text = ": hello\r\n\r\nevent: line\r\ndata: {\"a\":\ndata: \"ü漢\"}\n\nid: 3\ndata:x\n\nevent: empty\n\n";
  const expected = [{ event: "line", data: '{"a":\n"ü漢"}' }, { event: "message", data: "x" }];
  const bytes = new TextEncoder().encode(text);
  assert.deepEqual(await collect(stream(text)), expected);
  assert.deepEqual(await collect(stream(...Array.from(bytes, (byte) => Uint8Array.of(byte)))), expected);
});

test("lines are handed on in their order, and many lines take several requests", async (t) => {
  const asked = serve(t, ({ text }) => {
    const rows = text.split("\n");
    return new Response(stream(...rows.map((row, i) => line(i, row)).reverse(), event("done", {})));
  });
  const engine = await createEngine({ limits: { lines: 3 } });
  const found = [];
  await engine.write({ lines: ["a", "b", "c", "d"], seed: 7 }, (index, { text }) => found.push([index, text]));
  assert.deepEqual(found, [[0, "a"], [1, "b"], [2, "c"], [3, "d"]]);
  assert.deepEqual(asked.map(({ url, seed }) => [url, seed]), [
    ["http://nowhere.test/sub/path/api/v1/stream", 7], ["http://nowhere.test/sub/path/api/v1/stream", 10]]);
});

test("a server is sent the whole of a hand, and says with which bias it wrote", async (t) => {
  const said = { index: 0, text: "a", bias: 2, complete: true, points: [[1, 2, 1]], points_per_second: 40 };
  const asked = serve(t, () => new Response(stream(event("line", said), event("done", {}))));
  const scribe = createScribe(await createEngine());
  const hand = { vector: [1], gates: null, primer: null, trait: [0.5] };
  const request = { lines: ["a"], seed: 1, biases: [null], style: "x", hand, attention: false };
  await scribe.write(request, () => {});
  assert.deepEqual([asked[0].hand, asked[0].bias], [hand, null]);
  assert.equal(scribe.ink(request, 0).bias, 2);
});

test("every failure is an EngineError of its kind", async (t) => {
  const problem = (status, fields, headers) => new Response(JSON.stringify(fields), { status, headers });
  const cases = [
    [() => problem(422, { kind: "characters", detail: "cannot write '漢'" }), "characters"],
    [() => problem(413, { detail: "too large" }), "too_long"],
    [() => problem(503, { kind: "busy" }, { "Retry-After": "7" }), "busy"],
    [() => problem(429, {}, { "Retry-After": "7" }), "busy"],
    [() => new Response("<html>", { status: 502 }), "failed"],
    [() => { throw new TypeError("no network"); }, "offline"],
    [() => new Response(stream(line(0, "a"))), "offline"], // cut off before the second line
    [() => new Response(stream(event("problem", { kind: "busy", status: 503, retry_after: 7 }))), "busy"],
  ];
  for (const [answer, kind] of cases) {
    serve(t, answer);
    const engine = await createEngine();
    await assert.rejects(engine.write({ lines: ["a", "b"] }, () => {}), (error) => {
      assert.equal(error.name, "EngineError");
      assert.equal(error.kind, kind);
      assert.equal(error.retryAfter, kind === "busy" ? 7 : null);
      return error.message.length > 0;
    });
    t.mock.restoreAll();
  }
});

test("why ink cannot be used is said in the words of the page, whichever engine finds it", async (t) => {
  const problem = { kind: "ink", detail: "the line 'a b': the ink has 1 strokes ...", reason: "few", text: "a b" };
  const engine = await createEngine();
  serve(t, () => new Response(JSON.stringify(problem), { status: 422 }));
  await assert.rejects(engine.fit({ lines: [] }), { kind: "ink", message: unfit("few", "a b").message });
  t.mock.restoreAll();
  serve(t, () => new Response(JSON.stringify({ ...problem, reason: "of tomorrow" }), { status: 422 }));
  await assert.rejects(engine.fit({ lines: [] }), { kind: "ink", message: problem.detail });
});

test("characters of all lines that cannot be written are named, with what helps", async (t) => {
  serve(t, () => new Response(JSON.stringify({ kind: "characters", characters: "漢字" }), { status: 422 }));
  const engine = await createEngine();
  await assert.rejects(engine.write({ lines: ["漢", "字"] }, () => {}), { message: /漢 字 here; leave them out/ });
  const header = { alphabet: " ab", likenesses: {}, sampling: { largestSeed: 9 } };
  const named = /cannot write “漢”, “字”; leave them out/;
  assert.throws(() => toWrite({ lines: ["a漢b", "a", "字漢"] }, { header }), { kind: "characters", message: named });
});

test("numbers still say what they said once their characters are replaced", () => {
  const ascii = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).join("");
  const likenesses = { "½": "1/2", "×": "x", "·": "-", "≠": "=/=", "⁻": "-" };
  const written = (text, alphabet = ascii) => transliterate(text, alphabet, likenesses);
  assert.equal(written("2½ cups, ½ cup"), "2 1/2 cups, 1/2 cup");
  assert.equal(written("8½×11"), "8 1/2x11");
  assert.equal(written("10⁵, 10⁻¹², m²"), "10^5, 10^-12, m2");
  assert.equal(written("3·4, col·lega"), "3*4, col-lega");
  assert.equal(written("a ≠ b"), "a =/= b");
  assert.equal(written("2½ 10⁵ 3·4", " 012345½⁵·"), "2½ 10⁵ 3·4");
  assert.equal(written("10⁵ 3·4", " 012345-"), "105 3-4"); // without the signs that it takes
  for (const text of ["a ≮ b", "a ≱ b", "=\u20d2"]) assert.throws(() => written(text), { kind: "characters" });
});

test("the scribe asks for what it does not know, and gives up when asked again", async () => {
  const asked = [];
  const engine = {
    async write({ lines, seed, signal }, onLine) {
      asked.push([lines.join("|"), seed]);
      await Promise.resolve();
      lines.forEach((text, i) => signal.aborted || onLine(i, { text, attention: null }));
      if (signal.aborted) throw new DOMException("aborted", "AbortError");
    },
  };
  const scribe = createScribe(engine);
  const request = (...lines) => ({
    lines, seed: 10, biases: lines.map(() => 1), style: "x", hand: null, attention: false,
  });
  assert.equal(await scribe.write(request("a", "b"), () => {}), true);
  assert.equal(await scribe.write(request("a", "c", "d"), () => {}), true);
  const former = scribe.write(request("e"), () => assert.fail("given up"));
  assert.equal(await scribe.write(request("a", "b"), () => {}), true);
  assert.equal(await former, false);
  assert.deepEqual(asked, [["a|b", 10], ["c|d", 11], ["e", 10]]);
  assert.equal(scribe.ink(request("a", "b"), 1).seed, 11);
});

test("the scribe asks for each run of lines with the same bias, by the seeds of their places", async () => {
  const asked = [];
  const engine = {
    async write({ lines, bias, biases, seed }, onLine) {
      assert.equal(biases, undefined);
      asked.push([lines.join("|"), bias, seed]);
      lines.forEach((text, i) => onLine(i, { text, attention: null }));
    },
  };
  const scribe = createScribe(engine);
  const request = { lines: ["a", "b", "c", "d"], biases: [1, 1, 2, 1], seed: 10, style: "x", hand: null };
  assert.equal(await scribe.write(request, () => {}), true);
  assert.deepEqual(asked, [["a|b", 1, 10], ["c", 2, 12], ["d", 1, 13]]);
  assert.deepEqual(request.lines.map((_, i) => [scribe.ink(request, i).bias, scribe.ink(request, i).seed]),
    [[1, 10], [1, 11], [2, 12], [1, 13]]);
});

test("short lines and learned hands are written neater, but not both times", () => {
  const factors = { short: 2, learned: 1.5, characters: 3 };
  assert.deepEqual([["abc", false], ["abcd", false], ["abcd", true], ["abc", true]]
    .map(([text, learned]) => times(text, learned, factors)), [2, 1, 1.5, 2]);
});
