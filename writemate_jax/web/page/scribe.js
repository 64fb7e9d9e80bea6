/**
 * Asks the engine for lines, remembers them, and gives up a request when the next one comes. A request has a list of
 * biases, one for each line, where the engine has one for all: it is asked once for all lines of a run that share it.
 */

const REMEMBERED = 400; // lines
const SEEDS = 2 ** 32; // after the last one comes the first

export function createScribe(engine) {
  const memory = new Map();
  let running = null;

  const seedOf = (request, index) => (request.seed + index) % SEEDS;
  const keyOf = (request, index) => {
    const { lines, biases, hand, style } = request;
    return JSON.stringify([lines[index], seedOf(request, index), biases[index], hand ? nameOf(hand) : style]);
  };
  // A fit has its own vector; a link leaves out the gates and the trait, and perhaps the primer.
  const nameOf = ({ vector, gates, primer, trait }) => [vector, Boolean(gates), Boolean(primer), Boolean(trait)];

  /** The line of a request that is known already, or undefined. */
  function known(request, index) {
    const key = keyOf(request, index);
    const line = memory.get(key);
    if (!line) return undefined;
    memory.delete(key); // the latest used is the last to be forgotten
    memory.set(key, line);
    return !request.attention || line.attention ? line : undefined;
  }

  /** The known line, also where it lacks the attention that is asked for. */
  function ink(request, index) {
    return memory.get(keyOf(request, index));
  }

  /**
   * Writes what is not known yet, and calls arrived() after each line; resolves to false where a later call, or
   * `stop`, ended this one. Throws what the engine throws.
   */
  async function write(request, arrived) {
    stop();
    const mine = (running = new AbortController());
    const { lines, biases, ...same } = request;
    leaveOutAttention(new Set(lines.map((_, index) => keyOf(request, index))));
    try {
      for (let first = 0; first < lines.length; first++) {
        if (known(request, first)) continue;
        let end = first + 1;
        while (end < lines.length && biases[end] === biases[first] && !known(request, end)) end++;
        const start = first, bias = biases[first];
        await engine.write(
          { ...same, lines: lines.slice(start, end), bias, seed: seedOf(request, start), signal: mine.signal },
          (index, line) => {
            if (mine.signal.aborted) return;
            const own = seedOf(request, start + index);
            remember(keyOf(request, start + index), { bias, ...line, seed: own });
            arrived();
          });
        first = end - 1;
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

  /** Forgets where the network looked, which takes far more memory than ink, but in the lines of these keys. */
  function leaveOutAttention(but) {
    for (const [key, line] of memory) if (line.attention && !but.has(key)) memory.set(key, { ...line, attention: null });
  }

  function stop() {
    running?.abort();
    running = null;
  }

  return { write, ink, stop };
}
