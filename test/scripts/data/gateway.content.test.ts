import { setTimeout as sleep } from "node:timers/promises";

import { expect } from "chai";
import { hexlify, id, randomBytes, Wallet } from "ethers";

import type { Gateway } from "../../../scripts/lib/data/gateway.js";
import { fetchContent, requestAccess } from "../../../scripts/lib/data/gatewayClient.js";
import { Refusal } from "../../../scripts/lib/data/refusal.js";
import { failsWith } from "./failure.js";
import {
  chunkPath,
  CONTENT_ID,
  DOMAIN,
  expectRefusal,
  GatewayFixture,
  get,
  OFFER,
  WANTED,
} from "./gatewayFixture.js";

describe("content from a gateway", () => {
  let fixture: GatewayFixture;
  let gateway: Gateway;
  let token: string;
  beforeEach(async () => {
    fixture = new GatewayFixture();
    await fixture.setUp();
    gateway = await fixture.start();
    token = await fixture.enter(gateway);
  });
  afterEach(async () => {
    await fixture.tearDown();
    expect(fixture.errors).to.deep.equal([]);
  });

  it("is the encrypted chunks, as they are", async () => {
    for (const index of [2, 0, 1]) {
      const { status, bytes, headers } = await get(gateway, chunkPath(index), token);
      expect(status).to.equal(200);
      expect(headers.get("content-type")).to.equal("application/octet-stream");
      expect(headers.get("cache-control")).to.equal("no-store");
      expect(hexlify(bytes)).to.equal(hexlify(await fixture.file.chunk(index)));
    }
  });

  it("has no chunk but its own", async () => {
    expectRefusal(await get(gateway, chunkPath(3), token), 404, "NoSuchChunk");
    expectRefusal(await get(gateway, chunkPath("9999999999"), token), 404, "NoSuchChunk");
  });

  it("is not for anyone without a token", async () => {
    const answer = await get(gateway, chunkPath(0));
    expectRefusal(answer, 401, "InvalidToken");
    expect(answer.headers.get("www-authenticate")).to.equal("Bearer");
    const other = Buffer.from(randomBytes(32)).toString("base64url");
    for (const wrong of ["", "x", other, `${token}x`, token.slice(1), "__proto__"]) {
      expectRefusal(await get(gateway, chunkPath(0), wrong), 401, "InvalidToken");
    }
  });

  it("is not for a token of another gateway, offer or epoch", async () => {
    const other = await fixture.start();
    expectRefusal(await get(other, chunkPath(0), token), 401, "InvalidToken");
    expectRefusal(await get(gateway, chunkPath(0, 2), token), 403, "OtherContent");
    expectRefusal(await get(gateway, chunkPath(0, 3, id("x")), token), 403, "OtherContent");
  });

  it("is not for a token that has ended", async () => {
    fixture.ahead = 299_000;
    expect((await get(gateway, chunkPath(0), token)).status).to.equal(200);
    fixture.ahead = 300_500;
    expectRefusal(await get(gateway, chunkPath(0), token), 401, "InvalidToken");
  });

  it("ends within seconds of the grant, and the token with it", async () => {
    fixture.chain.answer = () => Promise.resolve(false);
    fixture.ahead = 9_000; // the chain's yes is still believed
    expect((await get(gateway, chunkPath(0), token)).status).to.equal(200);
    fixture.ahead = 11_000;
    expectRefusal(await get(gateway, chunkPath(1), token), 403, "AccessDenied");
    fixture.chain.answer = () => Promise.resolve(true);
    expectRefusal(await get(gateway, chunkPath(1), token), 401, "InvalidToken");
  });

  it("asks the chain once for chunks that are fetched together", async () => {
    fixture.ahead = 11_000;
    const before = fixture.chain.questions;
    await Promise.all([0, 1, 2, 0, 1, 2].map((index) => get(gateway, chunkPath(index), token)));
    expect(fixture.chain.questions - before).to.equal(1);
  });

  it("waits while the chain is silent, and goes on with the same token", async () => {
    fixture.ahead = 11_000;
    fixture.chain.answer = () => Promise.reject(new Error("lost"));
    expectRefusal(await get(gateway, chunkPath(0), token), 503, "ChainUnavailable");
    expectRefusal(await get(gateway, chunkPath(0), token), 503, "ChainUnavailable");
    expect(fixture.errors.splice(0)).to.have.lengthOf(2);
    fixture.chain.answer = () => Promise.resolve(true);
    expect((await get(gateway, chunkPath(0), token)).status).to.equal(200);
  });

  it("tells the operator, not the client, why it cannot be read", async () => {
    const content = () => ({
      manifest: fixture.file.manifest,
      chunk: () => Promise.reject(new Error("EIO: /srv/secret/content")),
    });
    const broken = await fixture.start({}, { content });
    const answer = await get(broken, chunkPath(0), await fixture.enter(broken));
    expectRefusal(answer, 500, "InternalError");
    expect(JSON.stringify(answer.error)).not.to.contain("secret");
    expect(String(fixture.errors.splice(0))).to.contain("EIO");
  });

  describe("to its buyer", () => {
    async function buy(
      from: Gateway,
      { signer = fixture.holder, key = fixture.key, contentId = CONTENT_ID } = {},
    ): Promise<string> {
      const pieces: Uint8Array[] = [];
      const wanted = { key, contentId };
      for await (const piece of fetchContent(from.origin, signer, DOMAIN, WANTED, wanted)) {
        pieces.push(piece);
      }
      return hexlify(Buffer.concat(pieces));
    }

    it("comes whole and open", async () => {
      expect(await buy(gateway)).to.equal(hexlify(fixture.content));
    });

    it("comes whole when the token ends on the way", async () => {
      const brief = await fixture.start({ tokenLife: 300 });
      const wanted = { key: fixture.key, contentId: CONTENT_ID };
      let length = 0;
      for await (const piece of fetchContent(
        brief.origin,
        fixture.holder,
        DOMAIN,
        WANTED,
        wanted,
      )) {
        length += piece.length;
        await sleep(350);
      }
      expect(length).to.equal(2_500);
    });

    it("does not come without a grant, and says why", async () => {
      const stranger = new Wallet(id("a stranger"));
      await failsWith(buy(gateway, { signer: stranger }), "has no grant for this use");
      const attempt = requestAccess(gateway.origin, stranger, DOMAIN, WANTED);
      const refusal = await attempt.catch((error: unknown) => error);
      expect(refusal).to.be.instanceOf(Refusal);
      expect(refusal).to.include({ status: 403, name: "AccessDenied" });
    });

    it("is refused with another key, or as other content", async () => {
      await failsWith(
        buy(gateway, { key: randomBytes(32) }),
        "is not what was encrypted under this key",
      );
      await failsWith(buy(gateway, { contentId: id("x") }), "has other content for this offer");
    });

    it("is refused when the gateway exchanges, cuts or lengthens a chunk", async () => {
      const { manifest } = fixture.file;
      for (const [chunk, message] of [
        [
          async (index: number) => fixture.file.chunk(index === 1 ? 0 : index),
          "Chunk 1 is not what",
        ],
        [
          async (index: number) => (await fixture.file.chunk(index)).subarray(1),
          "Chunk 0 is not what",
        ],
        [async () => new Uint8Array(1 << 20), "sends more than it should"],
      ] as const) {
        const lying = await fixture.start({}, { content: () => ({ manifest, chunk }) });
        await failsWith(buy(lying), message);
      }
    });

    it("is refused when the gateway calls its beginning the whole", async () => {
      const manifest = { ...fixture.file.manifest, chunkCount: 2, length: 2_000 };
      const chunk = fixture.file.chunk.bind(fixture.file);
      const cutting = await fixture.start({}, { content: () => ({ manifest, chunk }) });
      await failsWith(buy(cutting), "Chunk 1 is not what was encrypted");
    });

    it("is refused from what is no gateway", async () => {
      const manifest = { ...fixture.file.manifest, chunkSize: 0 };
      const chunk = fixture.file.chunk.bind(fixture.file);
      const odd = await fixture.start({}, { content: () => ({ manifest, chunk }) });
      await failsWith(buy(odd), "no manifest of encrypted content");
      await failsWith(buy({ ...odd, origin: `${odd.origin}/x` }), "There is POST /access");
    });
  });

  it("is still sent when the gateway closes meanwhile, and nothing new is", async () => {
    let release = (): void => {};
    const waiting = new Promise<void>((resolve) => (release = resolve));
    let asked = (): void => {};
    const reading = new Promise<void>((resolve) => (asked = resolve));
    const content = () => ({
      manifest: fixture.file.manifest,
      chunk: async (index: number) => {
        asked();
        await waiting;
        return fixture.file.chunk(index);
      },
    });
    const slow = await fixture.start({}, { content });
    const fetched = get(slow, chunkPath(0), await fixture.enter(slow));
    await reading;
    const closing = slow.close();
    release();
    const started = performance.now();
    expect((await fetched).status).to.equal(200);
    await closing;
    expect(
      performance.now() - started,
      "though the client would keep its connection",
    ).to.be.lessThan(2_000);
    await failsWith(get(slow, chunkPath(0), token), "fetch failed");
  });

  it("has its address in lower case", async () => {
    expectRefusal(await get(gateway, chunkPath(0, 3, OFFER.toUpperCase()), token), 404, "NotFound");
  });
});
