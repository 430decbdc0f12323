// The buyer's side of a gateway, which he trusts with nothing: what comes is checked under his key.
import { hexlify, randomBytes, type Signer, type TypedDataDomain } from "ethers";

import { fail } from "../terminal.js";
import { ACCESS_REQUEST, type AccessRequest, type SignedAccessRequest } from "./accessRequest.js";
import { decryptContent } from "./content.js";
import { encryptedLength, type Manifest, readManifest } from "./manifest.js";
import { Refusal } from "./refusal.js";

/** Seconds that a request is good for: enough for it to arrive. */
const LIFETIME = 120;

/** For one answer, in milliseconds. */
const PATIENCE = 30_000;

/** Bytes in an answer that is not a chunk. */
const MAX_ANSWER = 8_192;

/** Which data is wanted, and what for; by default the signer's own grant is used. */
export type Wanted = Pick<AccessRequest, "offerId" | "use" | "epoch"> & Partial<AccessRequest>;

/** What a gateway gives to whoever it lets in. */
export interface Access {
  token: string;
  /** In seconds. */
  expiresAt: number;
  manifest: Manifest;
}

/** Signs a request for a gateway; what is not given of it is filled in. */
export async function signAccessRequest(
  origin: string,
  signer: Signer,
  domain: TypedDataDomain,
  wanted: Wanted,
): Promise<SignedAccessRequest> {
  const request: AccessRequest = {
    user: await signer.getAddress(),
    gateway: origin,
    nonce: hexlify(randomBytes(32)),
    deadline: Math.floor(Date.now() / 1000) + LIFETIME,
    ...wanted,
  };
  return { request, signature: await signer.signTypedData(domain, ACCESS_REQUEST, request) };
}

/** Asks a gateway to be let in; throws its {@link Refusal} if it does not. */
export async function requestAccess(
  origin: string,
  signer: Signer,
  domain: TypedDataDomain,
  wanted: Wanted,
): Promise<Access> {
  const response = await ask(`${origin}/access`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(await signAccessRequest(origin, signer, domain, wanted)),
  });
  const { token, expiresAt, manifest } = (await readJson(response)) as Partial<Access>;
  if (typeof token !== "string" || typeof expiresAt !== "number") {
    return fail(`${origin} does not answer as a gateway does: try another one.`);
  }
  return { token, expiresAt, manifest: readManifest(manifest) };
}

/**
 * Fetches content, chunk after chunk, and opens it. `contentId` is the root that the chain has of it; the caller
 * checks the records against that root. A token that ends on the way is replaced.
 */
export async function* fetchContent(
  origin: string,
  signer: Signer,
  domain: TypedDataDomain,
  wanted: Wanted,
  { key, contentId }: { key: Uint8Array; contentId: string },
): AsyncGenerator<Uint8Array> {
  const enter = (): Promise<Access> => requestAccess(origin, signer, domain, wanted);
  const access = await enter();
  const { manifest } = access;
  if (manifest.contentId !== contentId.toLowerCase()) {
    fail(`${origin} has other content for this offer: try another gateway.`);
  }
  const fetchAll = async function* (): AsyncGenerator<Uint8Array> {
    let { token } = access;
    for (let index = 0; index < manifest.chunkCount; index++) {
      const url = `${origin}/content/${wanted.offerId.toLowerCase()}/${wanted.epoch}/${index}`;
      const fetchOne = (): Promise<Uint8Array> => fetchChunk(url, token, manifest, index);
      yield await fetchOne().catch(async (error: unknown) => {
        if (!(error instanceof Refusal) || error.status !== 401) throw error;
        ({ token } = await enter());
        return fetchOne();
      });
    }
  };
  yield* decryptContent(key, manifest, fetchAll());
}

async function fetchChunk(
  url: string,
  token: string,
  manifest: Manifest,
  index: number,
): Promise<Uint8Array> {
  const response = await ask(url, { headers: { Authorization: `Bearer ${token}` } });
  return readBody(response, encryptedLength(manifest, index));
}

async function ask(url: string, init: RequestInit): Promise<Response> {
  const response = await fetch(url, {
    ...init,
    redirect: "error",
    signal: AbortSignal.timeout(PATIENCE),
  });
  if (response.ok) return response;
  const said = (await readJson(response)) as { error?: Partial<Refusal> };
  const { name = "Refused", message = `The gateway answered ${response.status}.` } = {
    ...said.error,
  };
  throw new Refusal(response.status, name, message);
}

/** Reads the fields of an object; there are none in anything else. */
async function readJson(response: Response): Promise<object> {
  const text = (await readBody(response, MAX_ANSWER)).toString();
  try {
    return { ...(JSON.parse(text) as object) };
  } catch {
    return {};
  }
}

/** Reads no more than is expected: a gateway could send without end. */
async function readBody(response: Response, limit: number): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    length += piece.length;
    if (length > limit) fail(`${response.url} sends more than it should: try another gateway.`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}
