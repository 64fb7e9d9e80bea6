/** The engine that writes inside the browser: the network in a worker. The same interface as server.js. */
import { EngineError } from "./error.js";

/** config.model: the address of the network's file, by default model.bin beside the page. */
export async function createEngine(config = {}) {
  const worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
  const waiting = new Map(); // id -> {resolve, reject, heard}
  let last = 0;

  worker.onmessage = ({ data: { id, line, share, result, error } }) => {
    const one = waiting.get(id);
    if (!one) return; // given up meanwhile
    if (line) return one.heard(line.index, line.line);
    if (share !== undefined) return one.heard(share); // also where it is 0
    waiting.delete(id);
    if (error) one.reject(new EngineError(error.kind, error.message));
    else one.resolve(result);
  };
  worker.onerror = (event) => {
    event.preventDefault();
    for (const { reject } of waiting.values()) {
      reject(new EngineError("failed", "This browser could not run the network; a newer one can."));
    }
    waiting.clear();
  };

  function ask(request, signal = null, heard = () => {}) {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const id = ++last;
      const stop = () => {
        if (!waiting.delete(id)) return;
        worker.postMessage({ abort: id });
        reject(signal.reason);
      };
      signal?.addEventListener("abort", stop, { once: true });
      const free = (settle) => (value) => {
        signal?.removeEventListener("abort", stop);
        settle(value);
      };
      waiting.set(id, { resolve: free(resolve), reject: free(reject), heard });
      worker.postMessage({ id, ...request });
    });
  }

  const { styles, network } = await ask({ open: {
    model: new URL(config.model ?? "model.bin", document.baseURI).href,
    kernel: new URL("kernel.wasm", import.meta.url).href,
  } });

  return {
    // {weights, styleSize}, see ../suits.js, and hands: the writers that "random" draws from, where no style has a name.
    network,

    styles: async () => styles,

    async write({ signal, ...request }, onLine) {
      await ask({ write: request }, signal, onLine);
    },

    async fit({ lines, signal }, onShare) {
      return ask({ fit: { lines } }, signal, onShare);
    },
  };
}
