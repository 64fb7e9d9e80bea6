/** Asks the engine for lines, remembers them, and gives up a request when the next one comes. */

const REMEMBERED = 400; // lines
const SEEDS = 2 ** 32; // after the last one comes the first

export function createScribe(engine) {
  const memory = new Map();
  let running = null;

  const seedOf = (request, index) => (request.seed + index) % SEEDS;
  const keyOf = (text, seed, { bias, style, hand }) => JSON.stringify([text, seed, bias, hand ? nameOf(hand) : style]);
  // A fit has its own vector; a link leaves out the gates and the trait, and perhaps the primer.
  const nameOf = ({ vector, gates, primer, trait }) => [vector, Boolean(gates), Boolean(primer), Boolean(trait)];

  /** The line of a request that is known already, or undefined. */
  function known(request, index) {
    const key = keyOf(request.lines[index], seedOf(request, index), request);
    const line = memory.get(key);
    if (!line) return undefined;
    memory.delete(key); // the latest used is the last to be forgotten
    memory.set(key, line);
    return !request.attention || line.attention ? line : undefined;
  }

  /** The known line, also where it lacks the attention that is asked for. */
  function ink(request, index) {
    return memory.get(keyOf(request.lines[index], seedOf(request, index), request));
  }

  /**
   * Writes what is not known yet, and calls arrived() after each line; resolves to false where a later call, or
   * `stop`, ended this one. Throws what the engine throws.
   */
  async function write(request, arrived) {
    stop();
    const mine = (running = new AbortController());
    const { lines } = request;
    try {
      for (let first = 0; first < lines.length; first++) {
        if (known(request, first)) continue;
        let end = first + 1;
        while (end < lines.length && !known(request, end)) end++;
        const start = first;
        await engine.write(
          { ...request, lines: lines.slice(start, end), seed: seedOf(request, start), signal: mine.signal },
          (index, line) => {
            if (mine.signal.aborted) return;
            const own = seedOf(request, start + index);
            remember(keyOf(lines[start + index], own, request), { bias: request.bias, ...line, seed: own });
            arrived();
          });
        first = end;
      }
      return !mine.signal.aborted;
    } catch (error) {
      if (mine.signal.aborted) return false;
      throw error;
    } finally {
      if (running === mine) running = null;
    }
  }

  function remember(key, line) {
    memory.delete(key);
    memory.set(key, line);
    if (memory.size > REMEMBERED) memory.delete(memory.keys().next().value);
  }

  function stop() {
    running?.abort();
    running = null;
  }

  return { write, ink, stop };
}
