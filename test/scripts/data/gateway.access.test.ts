import { expect } from "chai";
import { hexlify, id, randomBytes, TypedDataEncoder, Wallet } from "ethers";

import {
  ACCESS_REQUEST,
  type AccessRequest,
  marketDomain,
} from "../../../scripts/lib/data/accessRequest.js";
import type { Gateway } from "../../../scripts/lib/data/gateway.js";
import {
  chunkPath,
  DOMAIN,
  expectRefusal,
  GatewayFixture,
  get,
  MARKET,
  post,
} from "./gatewayFixture.js";

const STRANGER = new Wallet(id("a stranger"));

describe("asking a gateway for access", () => {
  let fixture: GatewayFixture;
  let gateway: Gateway;
  beforeEach(async () => {
    fixture = new GatewayFixture();
    await fixture.setUp();
    gateway = await fixture.start();
  });
  afterEach(async () => {
    await fixture.tearDown();
    expect(fixture.errors).to.deep.equal([]);
  });

  const soon = (seconds: number): number => Math.floor(Date.now() / 1000) + seconds;

  it("gives a holder a token and the manifest", async () => {
    const answer = await post(gateway, await fixture.sign(gateway));
    expect(answer.status).to.equal(200);
    expect(answer).to.deep.include({ manifest: fixture.file.manifest });
    expect(answer.token).to.match(/^[\w-]{43}$/);
    expect(answer.expiresAt).to.be.within(soon(290), soon(301));
    expect(answer.headers.get("cache-control")).to.equal("no-store");
    expect(answer.headers.get("x-content-type-options")).to.equal("nosniff");
    expect(answer.headers.get("x-powered-by")).to.equal(null);
  });

  it("is signed as EIP-712 has it", () => {
    expect(TypedDataEncoder.from(ACCESS_REQUEST).encodeType("AccessRequest")).to.equal(
      "AccessRequest(bytes32 offerId,address user,uint8 use,uint32 epoch,string gateway,bytes32 nonce,uint48 deadline)",
    );
    expect(marketDomain(4690n, MARKET)).to.deep.equal({
      name: "DeFIoT DataMarket",
      version: "1",
      chainId: 4690n,
      verifyingContract: MARKET,
    });
  });

  describe("twice with one request", () => {
    it("is refused the second time", async () => {
      const signed = await fixture.sign(gateway);
      expect((await post(gateway, signed)).status).to.equal(200);
      expectRefusal(await post(gateway, signed), 409, "UsedNonce");
    });

    it("gives one token, however many come at once", async () => {
      const signed = await fixture.sign(gateway);
      // Nobody is answered before all were heard.
      let release = (): void => {};
      const heard = new Promise<void>((resolve) => (release = resolve));
      fixture.chain.answer = async () => {
        await heard;
        return true;
      };
      const attempts = Array.from({ length: 20 }, () => post(gateway, signed));
      await Promise.race(attempts);
      release();
      const statuses = (await Promise.all(attempts)).map(({ status }) => status).sort();
      expect(statuses).to.deep.equal([200, ...Array<number>(19).fill(409)]);
      expect(fixture.chain.questions).to.equal(1);
    });

    it("is refused until the deadline, and then because of it", async () => {
      const signed = await fixture.sign(gateway, { deadline: soon(100) });
      expect((await post(gateway, signed)).status).to.equal(200);
      fixture.ahead = 98_000;
      expectRefusal(await post(gateway, signed), 409, "UsedNonce");
      fixture.ahead = 101_000;
      expectRefusal(await post(gateway, signed), 401, "ExpiredRequest");
    });

    it("is not possible for a contract that thinks until after the deadline", async () => {
      const wallet = "0x00000000000000000000000000000000000000C1";
      fixture.chain.wallets[wallet] = "0x01";
      const signed = { ...(await fixture.sign(gateway, { user: wallet })), signature: "0x01" };
      const check = fixture.chain.isValidSignature.bind(fixture.chain);
      fixture.chain.isValidSignature = async (...question) => {
        fixture.ahead = 300_000;
        return check(...question);
      };
      expectRefusal(await post(gateway, signed), 401, "ExpiredRequest");
    });
  });

  it("does not let a stranger use up a holder's nonce", async () => {
    const nonce = hexlify(randomBytes(32));
    const forged = await fixture.sign(
      gateway,
      { nonce, user: fixture.holder.address },
      { signer: STRANGER },
    );
    expectRefusal(await post(gateway, forged), 401, "InvalidSignature");
    // Nor another holder: a nonce counts for its user alone.
    fixture.chain.wallets[STRANGER.address] = "0x";
    const other = await fixture.sign(gateway, { nonce }, { signer: STRANGER });
    expect((await post(gateway, other)).status).to.equal(200);
    expect((await post(gateway, await fixture.sign(gateway, { nonce }))).status).to.equal(200);
  });

  describe("with a deadline", () => {
    it("that has passed is refused", async () => {
      for (const deadline of [0, soon(-1), soon(-3600)]) {
        expectRefusal(
          await post(gateway, await fixture.sign(gateway, { deadline })),
          401,
          "ExpiredRequest",
        );
      }
    });

    it("that is more than ten minutes ahead is refused", async () => {
      for (const deadline of [soon(602), soon(3600), 2 ** 48 - 1]) {
        expectRefusal(
          await post(gateway, await fixture.sign(gateway, { deadline })),
          400,
          "DeadlineTooFar",
        );
      }
      expect(
        (await post(gateway, await fixture.sign(gateway, { deadline: soon(598) }))).status,
      ).to.equal(200);
    });
  });

  describe("with a request made for elsewhere", () => {
    it("is refused when it names another gateway", async () => {
      for (const origin of [
        "https://data.example",
        `${gateway.origin}/`,
        "",
        gateway.origin.toUpperCase(),
      ]) {
        expectRefusal(
          await post(gateway, await fixture.sign(gateway, { gateway: origin })),
          403,
          "ForeignRequest",
        );
      }
    });

    it("is refused when it was signed for another chain, market, name or version", async () => {
      for (const domain of [
        marketDomain(1, MARKET),
        marketDomain(31337, STRANGER.address),
        { ...DOMAIN, name: "DeFIoT DataAssets" },
        { ...DOMAIN, version: "2" },
      ]) {
        expectRefusal(
          await post(gateway, await fixture.sign(gateway, {}, { domain })),
          401,
          "InvalidSignature",
        );
      }
    });

    it("is refused when any field was changed after signing", async () => {
      const { request, signature } = await fixture.sign(gateway, { use: 1 });
      const changes: Partial<AccessRequest>[] = [
        { offerId: id("another offer") },
        { user: STRANGER.address },
        { use: 3 },
        { epoch: 2 },
        { nonce: id("another nonce") },
        { deadline: request.deadline + 1 },
      ];
      expect(changes.map((change) => Object.keys(change)[0])).to.have.members(
        Object.keys(request).filter((name) => name !== "gateway"),
      );
      for (const change of changes) {
        const body = { request: { ...request, ...change }, signature };
        expectRefusal(await post(gateway, body), 401, "InvalidSignature");
      }
    });

    it("is refused with a signature that is none", async () => {
      const { request, signature } = await fixture.sign(gateway);
      for (const wrong of [
        "0x",
        "0x00",
        `0x${"00".repeat(65)}`,
        `${signature}00`,
        signature.slice(0, -4),
      ]) {
        expectRefusal(await post(gateway, { request, signature: wrong }), 401, "InvalidSignature");
      }
    });
  });

  describe("as a contract wallet", () => {
    const wallet = "0x00000000000000000000000000000000000000C1";

    it("works with the signature that the contract takes", async () => {
      fixture.chain.wallets[wallet] = "0x0123";
      const { request } = await fixture.sign(gateway, { user: wallet });
      expect((await post(gateway, { request, signature: "0x0123" })).status).to.equal(200);
      expectRefusal(await post(gateway, { request, signature: "0x0124" }), 401, "InvalidSignature");
    });

    it("is refused where the gateway cannot ask contracts", async () => {
      const { chain } = fixture;
      const keysOnly = await fixture.start(
        {},
        { chain: { canAccess: chain.canAccess.bind(chain) } },
      );
      const { request } = await fixture.sign(keysOnly, { user: wallet });
      expectRefusal(
        await post(keysOnly, { request, signature: "0x0123" }),
        401,
        "InvalidSignature",
      );
    });
  });

  describe("when the chain", () => {
    it("says no, is refused: for another offer, user, use or epoch", async () => {
      for (const changes of [{ offerId: id("x") }, { use: 2 }, { use: 3 }, { epoch: 4 }]) {
        expectRefusal(
          await post(gateway, await fixture.sign(gateway, changes)),
          403,
          "AccessDenied",
        );
      }
      const other = await fixture.sign(gateway, {}, { signer: STRANGER });
      expectRefusal(await post(gateway, other), 403, "AccessDenied");
    });

    it("says no, keeps no nonce: the request works once the grant is there", async () => {
      const signed = await fixture.sign(gateway);
      fixture.chain.answer = () => Promise.resolve(false);
      expectRefusal(await post(gateway, signed), 403, "AccessDenied");
      fixture.chain.answer = () => Promise.resolve(true);
      expect((await post(gateway, signed)).status).to.equal(200);
    });

    it("fails, says so, and lets the same request be sent again", async () => {
      const signed = await fixture.sign(gateway);
      fixture.chain.answer = () => Promise.reject(new Error("connection to 10.0.0.1 lost"));
      const answer = await post(gateway, signed);
      expectRefusal(answer, 503, "ChainUnavailable");
      expect(answer.headers.get("retry-after")).to.equal("5");
      expect(JSON.stringify(answer.error)).not.to.contain("10.0.0.1");
      expect(fixture.errors.splice(0)).to.have.lengthOf(1);
      fixture.chain.answer = () => Promise.resolve(true);
      expect((await post(gateway, signed)).status).to.equal(200);
    });

    it("never answers, is not waited for", async () => {
      const impatient = await fixture.start({ patience: 50 });
      fixture.chain.answer = () => new Promise(() => {});
      expectRefusal(await post(impatient, await fixture.sign(impatient)), 503, "ChainUnavailable");
      expect(String(fixture.errors.splice(0))).to.contain("did not answer within 50 ms");
    });

    it("fails over a contract's signature, says so", async () => {
      fixture.chain.isValidSignature = () => Promise.reject(new Error("lost"));
      const other = await fixture.sign(gateway, { user: MARKET });
      expectRefusal(await post(gateway, other), 503, "ChainUnavailable");
      expect(fixture.errors.splice(0)).to.have.lengthOf(1);
    });
  });

  it("is refused where the gateway does not have the epoch, and keeps no nonce", async () => {
    const empty = await fixture.start({}, { content: () => undefined });
    const signed = await fixture.sign(empty);
    expectRefusal(await post(empty, signed), 404, "NoContent");
    expectRefusal(await post(empty, signed), 404, "NoContent");
  });

  it("is refused when the gateway's memory is full, which forgets nothing", async () => {
    const small = await fixture.start({ capacity: 2 });
    const first = await fixture.sign(small);
    const token = (await post(small, first)).token ?? "";
    expect((await post(small, await fixture.sign(small))).status).to.equal(200);
    expectRefusal(await post(small, await fixture.sign(small)), 503, "GatewayFull");
    expectRefusal(await post(small, first), 409, "UsedNonce");
    expect((await get(small, chunkPath(0), token)).status).to.equal(200);
    fixture.ahead = 301_000; // requests and tokens are over
    const later = await fixture.sign(small, { deadline: soon(400) });
    expect((await post(small, later)).status).to.equal(200);
  });

  it("keeps no memory of people without a grant", async () => {
    const small = await fixture.start({ capacity: 2 });
    for (let attempt = 0; attempt < 10; attempt++) {
      const stranger = await fixture.sign(small, {}, { signer: STRANGER });
      expectRefusal(await post(small, stranger), 403, "AccessDenied");
    }
    expect((await post(small, await fixture.sign(small))).status).to.equal(200);
  });
});
