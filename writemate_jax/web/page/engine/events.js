/**
 * The events of a server's event stream, in a body that fetch gives. EventSource cannot post, hence this.
 *
 * Yields {event, data}; comments and fields other than these two are passed over.
 */
export async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  try {
    for (;;) {
      const { value, done } = await reader.read();
      text = (text + (value ?? "")).replaceAll("\r\n", "\n");
      const blocks = text.split("\n\n");
      text = blocks.pop();
      yield* blocks.map(parse).filter((found) => found.data !== "");
      if (done) return;
    }
  } finally {
    await reader.cancel().catch(() => {}); // an aborted stream is over already
  }
}

/** One event from its lines. */
export function parse(block) {
  const found = { event: "message", data: [] };
  for (const line of block.split("\n")) {
    const [, field, value] = /^(event|data): ?(.*)$/.exec(line) ?? [];
    if (field === "event") found.event = value;
    if (field === "data") found.data.push(value);
  }
  return { event: found.event, data: found.data.join("\n") };
}
