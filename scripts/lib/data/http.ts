// The part of a gateway that any careful HTTP server has: bounded bodies, plain answers, nothing of its insides.
import type { IncomingMessage, ServerResponse } from "node:http";

import { Refusal } from "./refusal.js";

/** On every answer: it is not to be kept, guessed at or run. */
const HEADERS = {
  "Cache-Control": "no-store",
  "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
};

/** Reads a JSON body of at most `limit` bytes, whether or not it says how long it is. */
export async function readJson(request: IncomingMessage, limit: number): Promise<unknown> {
  if (!/^application\/json\s*(;|$)/i.test(request.headers["content-type"] ?? "")) {
    throw new Refusal(415, "NotJson", "Send the body as application/json.");
  }
  const tooLarge = new Refusal(413, "BodyTooLarge", `Send at most ${limit} bytes.`, {
    // What is still to come of the body is not read, so nothing can follow it.
    Connection: "close",
  });
  if (Number(request.headers["content-length"] ?? 0) > limit) throw tooLarge;
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    pieces.push(piece);
    length += piece.length;
    if (length > limit) throw tooLarge;
  }
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(pieces)));
  } catch {
    throw new Refusal(
      400,
      "MalformedRequest",
      "The body is not JSON: correct it and send it again.",
    );
  }
}

export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  const body = Buffer.from(JSON.stringify(value));
  send(response, status, body, { "Content-Type": "application/json; charset=utf-8" });
}

export function sendBytes(response: ServerResponse, body: Uint8Array): void {
  send(response, 200, body, { "Content-Type": "application/octet-stream" });
}

/** Says what was wrong and what to do. An error that was not foreseen is told to `onError`, not to the client. */
export function sendError(
  response: ServerResponse,
  error: unknown,
  onError: (error: unknown) => void,
): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  if (!(error instanceof Refusal)) onError(error);
  const { status, name, message, headers } =
    error instanceof Refusal
      ? error
      : new Refusal(500, "InternalError", "The gateway has a fault: tell its operator.");
  for (const [header, value] of Object.entries(headers)) response.setHeader(header, value);
  sendJson(response, status, { error: { name, message } });
}

function send(
  response: ServerResponse,
  status: number,
  body: Uint8Array,
  headers: Record<string, string>,
): void {
  response.writeHead(status, { ...HEADERS, ...headers, "Content-Length": body.length });
  response.end(body);
}
