// A gateway: hands out encrypted chunks to whoever the chain lets read. They are worth nothing without the key,
// which a gateway does not have: anyone may run one for a seller.
//
//   POST /access {request, signature}                        -> {token, expiresAt, manifest}
//   GET  /content/<offerId>/<epoch>/<chunk>, with the token  -> the encrypted chunk
//
// No path of the file system is ever made of what a client sends. Addresses are those of the connection: behind
// a proxy, the proxy has to limit rates, and to speak TLS.
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";

import type { TypedDataDomain } from "ethers";

import { readSignedRequest } from "./accessRequest.js";
import { Admission } from "./admission.js";
import type { ChainAccess } from "./chainAccess.js";
import type { EncryptedContent } from "./content.js";
import { RateLimit } from "./expiring.js";
import { readJson, sendBytes, sendError, sendJson } from "./http.js";
import { Refusal } from "./refusal.js";

/** How much a gateway takes from strangers. Times are in milliseconds. */
export const LIMITS = {
  /** Bytes in a body: a request, and a contract's signature of some length. */
  body: 8_192,
  /** Requests without a valid token, per address and minute. */
  requestsPerMinute: 60,
  /** Addresses that are counted one by one. */
  addresses: 10_000,
  /** Nonces, and tokens, that are remembered. */
  capacity: 50_000,
  connections: 1_000,
  longestDeadline: 10 * 60_000,
  tokenLife: 5 * 60_000,
  /** A grant that ended is noticed so much later; a chunk costs no call to the chain meanwhile. */
  recheckAfter: 10_000,
  patience: 10_000,
  /** For a client to send a request, and for a connection on which nothing moves. */
  request: 15_000,
  idle: 30_000,
  /** For answers under way, when the gateway closes. */
  farewell: 5_000,
};

export interface GatewayOptions {
  /** The market's: see `marketDomain`. */
  domain: TypedDataDomain;
  chain: ChainAccess;
  /** What there is of an offer and an epoch. */
  content: (
    offerId: string,
    epoch: number,
  ) => EncryptedContent | undefined | Promise<EncryptedContent | undefined>;
  /** Where to listen: by default on a free port of this machine alone. */
  host?: string;
  port?: number;
  /** What clients reach it as, where that is not where it listens: `https://data.example`. */
  origin?: string;
  limits?: Partial<typeof LIMITS>;
  /** The time in milliseconds. */
  clock?: () => number;
  /** Gets to see what no client does. */
  onError?: (error: unknown) => void;
}

interface Context {
  admission: Admission;
  rates: RateLimit;
  limits: typeof LIMITS;
  content: GatewayOptions["content"];
}

type Handler = (
  context: Context,
  request: IncomingMessage,
  response: ServerResponse,
  parts: string[],
) => Promise<void>;

/** The whole of the interface: anything that is not spelt like this does not exist. */
const ROUTES: readonly { path: RegExp; method: string; handle: Handler }[] = [
  { path: /^\/access$/, method: "POST", handle: giveAccess },
  {
    path: /^\/content\/(0x[0-9a-f]{64})\/(\d{1,10})\/(\d{1,10})$/,
    method: "GET",
    handle: giveChunk,
  },
];

/** A gateway that listens. */
export interface Gateway {
  /** What clients reach it as, and name in their requests. */
  origin: string;
  /** Where it listens. */
  url: string;
  /** Takes no more requests, and lets those under way finish, for some seconds. */
  close: () => Promise<void>;
}

/** Starts a gateway; it listens when this comes back. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const limits = { ...LIMITS, ...options.limits };
  const { host = "127.0.0.1", port = 0, clock = Date.now, onError = console.error } = options;
  const server = createServer({
    maxHeaderSize: 8_192,
    headersTimeout: limits.request,
    requestTimeout: limits.request,
    keepAliveTimeout: 5_000,
    connectionsCheckingInterval: Math.min(1_000, limits.request / 2),
  });
  server.maxConnections = limits.connections;
  server.timeout = limits.idle;
  server.listen(port, host);
  await once(server, "listening");

  const url = urlOf(server, host);
  const { domain, chain, content, origin = url } = options;
  const context: Context = {
    admission: new Admission({ ...limits, domain, origin, chain, clock, onError }),
    rates: new RateLimit(limits.requestsPerMinute, limits.addresses, clock),
    limits,
    content,
  };
  server.on("request", (request, response) => {
    // Closing, a server ends the connections that are idle; one that becomes idle later would keep it waiting.
    response.once("close", () => {
      if (!server.listening) server.closeIdleConnections();
    });
    serve(context, request, response).catch((error: unknown) => {
      sendError(response, error, onError);
    });
  });
  return { origin, url, close: () => close(server, limits.farewell) };
}

async function close(server: Server, farewell: number): Promise<void> {
  const closed = once(server, "close");
  server.close(); // closes idle connections too
  const impatience = setTimeout(() => {
    server.closeAllConnections();
  }, farewell);
  await closed;
  clearTimeout(impatience);
}

async function serve(
  context: Context,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { admission, rates } = context;
  // Content has many chunks, so whoever was let in is not counted; but he is when he asks for more tokens.
  if (request.method !== "GET" || admission.visitOf(tokenOf(request)) === undefined) {
    const wait = rates.take(request.socket.remoteAddress ?? "");
    if (wait > 0) {
      const headers = { "Retry-After": String(wait) };
      throw new Refusal(429, "TooManyRequests", `Come back in ${wait} seconds.`, headers);
    }
  }
  for (const { path, method, handle } of ROUTES) {
    const [match, ...parts] = path.exec(request.url ?? "") ?? [];
    if (match === undefined) continue;
    if (request.method === method) return handle(context, request, response, parts);
    throw new Refusal(405, "MethodNotAllowed", `Use ${method} here.`, { Allow: method });
  }
  throw new Refusal(
    404,
    "NotFound",
    "There is POST /access and GET /content/<offerId>/<epoch>/<chunk>: use one of them.",
  );
}

async function giveAccess(
  { admission, content, limits }: Context,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const signed = readSignedRequest(await readJson(request, limits.body));
  const { offerId, epoch } = signed.request;
  const { token, expiresAt, prepared } = await admission.admit(
    signed,
    async () => (await contentOf(content, offerId, epoch)).manifest,
  );
  sendJson(response, 200, { token, expiresAt, manifest: prepared });
}

async function giveChunk(
  { admission, content }: Context,
  request: IncomingMessage,
  response: ServerResponse,
  [offerId = "", epoch, chunk]: string[],
): Promise<void> {
  const token = tokenOf(request);
  const visit = admission.visitOf(token);
  if (visit === undefined) {
    throw new Refusal(401, "InvalidToken", "Get a new token at POST /access.", {
      "WWW-Authenticate": "Bearer",
    });
  }
  if (visit.offerId !== offerId || visit.epoch !== Number(epoch)) {
    throw new Refusal(403, "OtherContent", "The token is for other content: get one for this.");
  }
  await admission.recheck(token, visit);
  const found = await contentOf(content, offerId, visit.epoch);
  const { chunkCount } = found.manifest;
  if (Number(chunk) >= chunkCount) {
    throw new Refusal(404, "NoSuchChunk", `There are chunks 0 to ${chunkCount - 1}: take one.`);
  }
  sendBytes(response, await found.chunk(Number(chunk)));
}

async function contentOf(
  content: GatewayOptions["content"],
  offerId: string,
  epoch: number,
): Promise<EncryptedContent> {
  const found = await content(offerId, epoch);
  if (found !== undefined) return found;
  throw new Refusal(
    404,
    "NoContent",
    "This gateway does not have that epoch: try another gateway.",
  );
}

function tokenOf({ headers }: IncomingMessage): string {
  return /^Bearer ([\w-]{43})$/.exec(headers.authorization ?? "")?.[1] ?? "";
}

function urlOf(server: Server, host: string): string {
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}
