/** The engine that writes on a server: its HTTP API, with the lines as a stream of events. */
import { EngineError } from "./error.js";
import { events } from "./events.js";
import { unfit } from "./unfit.js";

const SEEDS = 2 ** 32;
const LINES_AT_ONCE = 40; // lines of one request, where the server's limits do not say

export async function createEngine(config = {}) {
  const api = (path) => new URL(`api/v1/${path}`, document.baseURI);
  const most = config.limits?.lines ?? LINES_AT_ONCE;

  return {
    network: config.network, // as browser.js has it

    async styles() {
      const answer = await (await ask(api("styles"), {})).json();
      return Array.isArray(answer) ? answer : answer.styles;
    },

    /** Lines in as many requests as the server's limit makes necessary, one after the other. */
    async write({ lines, seed = 0, bias = null, style = "random", vector = null, hand = null, candidates = null,
                  attention = false, signal }, onLine) {
      for (let first = 0; first < lines.length; first += most) {
        const part = lines.slice(first, first + most);
        const text = part.join("\n"), own = (seed + first) % SEEDS;
        const body = { text, seed: own, bias, style, vector, hand, candidates, attention };
        const answer = await ask(api("stream"), { body, signal });
        await receive(answer, part.length, signal, (index, line) => onLine(first + index, line));
      }
    },

    async fit({ lines, signal }) {
      return (await ask(api("fit"), { body: { lines }, signal })).json();
    },
  };
}

/** Hands on lines in their order, whatever the order in which they come. */
async function receive(answer, count, signal, onLine) {
  const waiting = new Map();
  let next = 0;
  try {
    for await (const { event, data } of events(answer.body)) {
      if (event === "problem") throw problem(JSON.parse(data), null);
      if (event !== "line") continue;
      const { index, points_per_second: pointsPerSecond, ...line } = JSON.parse(data);
      waiting.set(index, { attention: null, ...line, pointsPerSecond });
      for (; waiting.has(next); next++) onLine(next, waiting.get(next));
    }
  } catch (error) {
    throw error instanceof EngineError || signal?.aborted ? error : lost();
  }
  if (next < count) throw lost();
}

async function ask(url, { body, signal }) {
  const options = body && {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
  };
  let answer;
  try {
    answer = await fetch(url, { ...options, signal });
  } catch (error) {
    throw signal?.aborted ? error : lost();
  }
  if (answer.ok) return answer;
  const said = await answer.json().catch(() => ({}));
  throw problem({ status: answer.status, ...said }, answer.headers.get("Retry-After"));
}

/** An error from the server's problem details (RFC 9457). */
function problem({ kind, status, detail, title, characters, reason, text, retry_after: later }, retryAfter) {
  const wait = Number(retryAfter ?? later) || 2;
  if (status === 429 || status === 503 || kind === "busy") {
    return new EngineError("busy", detail ?? "Many people are writing just now.", wait);
  }
  if (characters) {
    const unknown = [...characters];
    return new EngineError("characters",
      `There is no ink for ${unknown.join(" ")} here; leave ${unknown.length === 1 ? "it" : "them"} out. Letters, digits`
        + " and the usual signs can be written.");
  }
  if (status === 413) return new EngineError("too_long", detail ?? "That is too much for one request.");
  return unfit(reason, text) ?? new EngineError(kind ?? "failed", detail ?? title ?? "The server could not write this.");
}

function lost() {
  return new EngineError("offline", "The server cannot be reached. Is this device online?");
}
