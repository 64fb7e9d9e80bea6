/** What an engine throws: `message` can be shown to the reader; `kind` is one of KINDS. */
export const KINDS = ["characters", "too_long", "busy", "offline", "invalid", "ink", "failed"];

export class EngineError extends Error {
  /** retryAfter: seconds after which it is worth asking again, for "busy". */
  constructor(kind, message, retryAfter = null) {
    super(message);
    this.name = "EngineError";
    this.kind = KINDS.includes(kind) ? kind : "failed";
    this.retryAfter = retryAfter;
  }
}
