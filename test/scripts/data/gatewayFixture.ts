import { Readable } from "node:stream";

import { expect } from "chai";
import { hexlify, id, randomBytes, type TypedDataDomain, Wallet } from "ethers";

import {
  type AccessRequest,
  marketDomain,
  type SignedAccessRequest,
  Use,
} from "../../../scripts/lib/data/accessRequest.js";
import type { ChainAccess } from "../../../scripts/lib/data/chainAccess.js";
import { encryptContent, EncryptedFile } from "../../../scripts/lib/data/content.js";
import {
  type Gateway,
  type GatewayOptions,
  type LIMITS,
  startGateway,
} from "../../../scripts/lib/data/gateway.js";
import { signAccessRequest } from "../../../scripts/lib/data/gatewayClient.js";
import { type TemporaryFolder, temporaryFolder } from "./temporary.js";

export const MARKET = "0x00000000000000000000000000000000000000D1";
export const DOMAIN = marketDomain(31337, MARKET);
export const OFFER = id("an offer");
export const CONTENT_ID = id("its content");
export const WANTED = { offerId: OFFER, use: Use.Internal, epoch: 3 };

/** A chain that answers as the test wants; asked by others than `user`, for another use or epoch, it says no. */
export class FakeChain implements ChainAccess {
  answer: () => Promise<boolean> = () => Promise.resolve(true);
  questions = 0;
  /** The contract wallets there are, and which signature each takes. */
  wallets: Record<string, string> = {};

  constructor(readonly user: string) {}

  canAccess(offerId: string, user: string, use: number, epoch: number): Promise<boolean> {
    this.questions += 1;
    const granted = offerId === OFFER && [this.user, ...Object.keys(this.wallets)].includes(user);
    return granted && (use & ~Use.Internal) === 0 && epoch <= 3
      ? this.answer()
      : Promise.resolve(false);
  }

  async isValidSignature(user: string, _digest: string, signature: string): Promise<boolean> {
    return this.wallets[user] === signature;
  }
}

/** An answer of a gateway, with its JSON read. */
export interface Answer {
  status: number;
  headers: Headers;
  error?: { name: string; message: string };
  token?: string;
  expiresAt?: number;
}

/** A gateway with three chunks of content, a holder who may read them, and a clock that the test moves. */
export class GatewayFixture {
  readonly holder = new Wallet(hexlify(randomBytes(32)));
  readonly chain = new FakeChain(this.holder.address);
  readonly content = randomBytes(2_500);
  readonly errors: unknown[] = [];
  /** Milliseconds by which the gateway's clock is ahead. */
  ahead = 0;
  key: Uint8Array = new Uint8Array();
  readonly #gateways: Gateway[] = [];
  #folder?: TemporaryFolder;
  #file?: EncryptedFile;

  async setUp(): Promise<void> {
    this.#folder = await temporaryFolder();
    const file = this.#folder.path("content");
    const options = { contentId: CONTENT_ID, chunkSize: 1_000 };
    ({ key: this.key } = await encryptContent(Readable.from([this.content]), file, options));
    this.#file = await EncryptedFile.open(file);
  }

  async tearDown(): Promise<void> {
    for (const gateway of this.#gateways) await gateway.close();
    await this.#file?.close();
    await this.#folder?.remove();
  }

  get file(): EncryptedFile {
    if (this.#file === undefined) throw new Error("The fixture is not set up");
    return this.#file;
  }

  async start(
    limits: Partial<typeof LIMITS> = {},
    options: Partial<GatewayOptions> = {},
  ): Promise<Gateway> {
    const gateway = await startGateway({
      domain: DOMAIN,
      chain: this.chain,
      content: (offerId, epoch) => (offerId === OFFER && epoch <= 3 ? this.file : undefined),
      limits: { requestsPerMinute: 10_000, ...limits },
      clock: () => Date.now() + this.ahead,
      onError: (error) => this.errors.push(error),
      ...options,
    });
    this.#gateways.push(gateway);
    return gateway;
  }

  sign(
    gateway: Gateway,
    changes: Partial<AccessRequest> = {},
    { signer = this.holder, domain = DOMAIN }: { signer?: Wallet; domain?: TypedDataDomain } = {},
  ): Promise<SignedAccessRequest> {
    return signAccessRequest(gateway.origin, signer, domain, { ...WANTED, ...changes });
  }

  /** A token for what the holder may read. */
  async enter(gateway: Gateway): Promise<string> {
    const { token } = await post(gateway, await this.sign(gateway));
    if (token === undefined) throw new Error("The holder was not let in");
    return token;
  }
}

/** Posts anything to /access: an object as JSON, a string as it is. */
export async function post(
  gateway: Gateway,
  body: unknown,
  type = "application/json",
): Promise<Answer> {
  const response = await fetch(`${gateway.url}/access`, {
    method: "POST",
    headers: { "Content-Type": type },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  const said = (await response.json()) as Omit<Answer, "status" | "headers">;
  return { status: response.status, headers: response.headers, ...said };
}

/** Fetches a chunk, or whatever is at the path. */
export async function get(
  gateway: Gateway,
  path: string,
  token?: string,
): Promise<Answer & { bytes: Uint8Array }> {
  const headers = token === undefined ? {} : { Authorization: `Bearer ${token}` };
  const response = await fetch(gateway.url + path, { headers });
  const bytes = new Uint8Array(await response.arrayBuffer());
  const said = response.ok
    ? {}
    : (JSON.parse(Buffer.from(bytes).toString()) as Pick<Answer, "error">);
  return { status: response.status, headers: response.headers, bytes, ...said };
}

export const chunkPath = (chunk: number | string, epoch = 3, offerId = OFFER): string =>
  `/content/${offerId}/${epoch}/${chunk}`;

/** Expects a refusal, with a sentence for the client and nothing of the gateway's insides. */
export function expectRefusal(
  { status, error, headers }: Answer,
  expected: number,
  name: string,
): void {
  expect([status, error?.name]).to.deep.equal([expected, name]);
  expect(error).to.have.all.keys("name", "message");
  expect(error?.message)
    .to.match(/^[A-Z].*\.$/)
    .and.not.match(/\n|node:|\.ts/);
  expect(headers.get("content-type")).to.equal("application/json; charset=utf-8");
}
