import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

import { expect } from "chai";

import { networkOf, RateLimit } from "../../../scripts/lib/data/expiring.js";
import type { Gateway } from "../../../scripts/lib/data/gateway.js";
import { failsWith } from "./failure.js";
import { chunkPath, expectRefusal, GatewayFixture, get, OFFER, post } from "./gatewayFixture.js";

/** Opens a plain connection, for what no HTTP library would send. */
async function dial({ url }: Gateway): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  socket.on("error", () => {}); // a server may well hang up
  await once(socket, "connect");
  return socket;
}

/** All that comes until the server hangs up. */
async function hearOut(socket: Socket): Promise<string> {
  let heard = "";
  socket.on("data", (piece: Buffer) => (heard += piece.toString()));
  await once(socket, "close");
  return heard;
}

/** Sends bytes as they are, and answers what came back. */
async function exchange(gateway: Gateway, sent: string): Promise<string> {
  const socket = await dial(gateway);
  socket.write(sent);
  return hearOut(socket);
}

describe("a gateway among hostile clients", () => {
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

  describe("refuses a body", () => {
    it("that is not JSON, or not said to be", async () => {
      for (const body of ["", "{", "{}x", "undefined", "\ufeff{}"]) {
        expectRefusal(await post(gateway, body), 400, "MalformedRequest");
      }
      for (const type of ["text/plain", "application/x-www-form-urlencoded", "application/jsonp"]) {
        expectRefusal(await post(gateway, "{}", type), 415, "NotJson");
      }
    });

    it("of another shape", async () => {
      const { request, signature } = await fixture.sign(gateway);
      const bodies: unknown[] = [
        null,
        1,
        "x",
        [],
        {},
        { request },
        { signature },
        { request, signature, more: 1 },
        { request: null, signature },
        { request: [], signature },
        { request: { ...request, more: 1 }, signature },
        { request: { ...request, nonce: undefined }, signature },
        '{"__proto__":{},"request":{},"signature":"0x"}',
      ];
      for (const body of bodies) {
        const text = typeof body === "string" && body.startsWith("{") ? body : JSON.stringify(body);
        expectRefusal(await post(gateway, text), 400, "MalformedRequest");
      }
    });

    it("with a field of another type", async () => {
      const { request, signature } = await fixture.sign(gateway);
      const wrong: Record<string, unknown[]> = {
        offerId: [1, null, "0x", `${OFFER}00`, OFFER.slice(2), { length: 66 }, [OFFER]],
        nonce: [0, "", `0x${"g".repeat(64)}`],
        user: [
          0,
          "vitalik.eth",
          "0x00",
          fixture.holder.address.slice(2),
          OFFER,
          `0xAb${"a".repeat(38)}`,
        ],
        use: [0, 256, -1, 1.5, "1", true, null, [1]],
        epoch: [-1, 2 ** 32, 0.5, "3", null],
        deadline: [-1, 2 ** 48, 1.5, "1", null, 1e300],
        gateway: [null, 1, [gateway.origin], {}],
      };
      for (const [name, values] of Object.entries(wrong)) {
        for (const value of values) {
          const answer = await post(gateway, { request: { ...request, [name]: value }, signature });
          expectRefusal(answer, 400, "MalformedRequest");
          expect(answer.error?.message).to.contain(name);
        }
      }
      for (const value of [null, 1, "", "0x0", "zz", ["0x"], {}]) {
        expectRefusal(await post(gateway, { request, signature: value }), 400, "MalformedRequest");
      }
    });

    it("that is too large and says so", async () => {
      expectRefusal(await post(gateway, `"${"x".repeat(8_191)}"`), 413, "BodyTooLarge");
      expectRefusal(await post(gateway, `"${"x".repeat(8_190)}"`), 400, "MalformedRequest");
      const head = "POST /access HTTP/1.1\r\nHost: x\r\nContent-Type: application/json";
      const answer = await exchange(gateway, `${head}\r\nContent-Length: 8193\r\n\r\n`);
      expect(answer, "before any of it came").to.match(/^HTTP\/1.1 413 /);
    });

    it("that is too large and does not say so, before it has ended", async () => {
      const socket = await dial(gateway);
      const head = "POST /access HTTP/1.1\r\nHost: x\r\nContent-Type: application/json";
      socket.write(`${head}\r\nTransfer-Encoding: chunked\r\n\r\n`);
      const heard = hearOut(socket);
      for (let piece = 0; piece < 10; piece++) socket.write(`400\r\n${"x".repeat(0x400)}\r\n`);
      expect(await heard).to.match(/^HTTP\/1.1 413 [^]*connection: close[^]*"BodyTooLarge"/i);
    });
  });

  describe("hangs up on a client", () => {
    it("that sends its headers slowly, or its body", async () => {
      const strict = await fixture.start({ request: 200 });
      for (const beginning of [
        "POST /access HTTP/1.1\r\nHost: x\r\n",
        "POST /access HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
      ]) {
        const socket = await dial(strict);
        const started = performance.now();
        const heard = hearOut(socket);
        socket.write(beginning);
        const dripping = setInterval(() => socket.write("x"), 50);
        expect(await heard).to.match(/^(HTTP\/1.1 408|$)/);
        clearInterval(dripping);
        expect(performance.now() - started).to.be.lessThan(2_000);
      }
    });

    it("that connects and says nothing", async () => {
      const strict = await fixture.start({ idle: 100 });
      const started = performance.now();
      expect(await hearOut(await dial(strict))).to.equal("");
      expect(performance.now() - started).to.be.lessThan(2_000);
    });

    it("that leaves before it is answered, and serves the next", async () => {
      const socket = await dial(gateway);
      socket.write(
        "POST /access HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{",
      );
      await sleep(20);
      socket.destroy();
      await fixture.enter(gateway);
    });

    it("that sends what is not HTTP, or headers without end", async () => {
      expect(await exchange(gateway, "\u0016\u0003\u0001 hello\r\n\r\n")).to.match(
        /^HTTP\/1.1 400/,
      );
      const long = `GET / HTTP/1.1\r\nHost: x\r\nX: ${"x".repeat(9_000)}\r\n\r\n`;
      expect(await exchange(gateway, long)).to.match(/^HTTP\/1.1 431/);
    });
  });

  it("has nothing at any other path, however it is spelt", async () => {
    const token = await fixture.enter(gateway);
    const paths = [
      "/",
      "/access/",
      "/access?x=1",
      "//access",
      "http://x/access",
      `/content/${OFFER}/3/..%2f..%2fetc%2fpasswd`,
      `/content/${OFFER}/3/../../../../etc/passwd`,
      `/content/..%2f..%2f..%2fetc/3/0`,
      `/content/${OFFER}/3/0%00`,
      `/content/${OFFER}/3/0/`,
      `/content/${OFFER}/3/0?x`,
      `/content/${OFFER}/3/-1`,
      `/content/${OFFER}/3/0x0`,
      `/content/${OFFER}/3/1e0`,
      `/content/${OFFER}/3/ 0`,
      `/content/${OFFER}/3`,
      "/content/__proto__/3/0",
      `/content/${OFFER.slice(0, -1)}/3/0`,
      `\\content\\${OFFER}\\3\\0`,
    ];
    for (const path of paths) {
      const head = `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ${token}`;
      const answer = await exchange(gateway, `${head}\r\n\r\n`);
      expect(answer, path).to.match(/^HTTP\/1.1 40[04] /);
      expect(answer, path).not.to.contain("octet-stream");
    }
  });

  it("says which method it wants", async () => {
    for (const [path, method, allowed] of [
      ["/access", "GET", "POST"],
      ["/access", "DELETE", "POST"],
      [chunkPath(0), "POST", "GET"],
      [chunkPath(0), "PUT", "GET"],
    ] as const) {
      const { status, headers } = await fetch(gateway.url + path, { method });
      expect([status, headers.get("allow")], `${method} ${path}`).to.deep.equal([405, allowed]);
    }
  });

  describe("counts requests", () => {
    it("of each address, and tells when to come back", async () => {
      const strict = await fixture.start({ requestsPerMinute: 3 });
      const signed = await fixture.sign(strict);
      for (let request = 0; request < 2; request++) {
        expectRefusal(await post(strict, "{}"), 400, "MalformedRequest");
      }
      const { token } = await post(strict, signed);
      const answer = await post(strict, await fixture.sign(strict));
      expectRefusal(answer, 429, "TooManyRequests");
      expect(Number(answer.headers.get("retry-after"))).to.be.within(1, 60);
      expectRefusal(await get(strict, "/"), 429, "TooManyRequests");
      expectRefusal(await get(strict, chunkPath(0), "x".repeat(43)), 429, "TooManyRequests");

      // Whoever was let in goes on.
      for (let chunk = 0; chunk < 6; chunk++) {
        expect((await get(strict, chunkPath(chunk % 3), token)).status).to.equal(200);
      }
      // But not to ask for more tokens.
      const headers = { Authorization: `Bearer ${token ?? ""}` };
      const again = await fetch(`${strict.url}/access`, { method: "POST", headers });
      expect(again.status).to.equal(429);
      fixture.ahead = 61_000;
      expectRefusal(await post(strict, "{}"), 400, "MalformedRequest");
    });

    it("of a crowd together, once it counts as many addresses as it can", () => {
      let now = 0;
      const limit = new RateLimit(2, 3, () => now);
      for (const address of ["10.0.0.1", "10.0.0.2", "10.0.0.3"]) {
        expect([limit.take(address), limit.take(address)]).to.deep.equal([0, 0]);
      }
      expect([limit.take("10.0.0.4"), limit.take("10.0.0.5")]).to.deep.equal([0, 0]);
      now = 20_000;
      expect(limit.take("10.0.0.6")).to.equal(40);
      expect(limit.take("10.0.0.1")).to.equal(40);
      now = 60_000;
      expect([limit.take("10.0.0.6"), limit.take("10.0.0.1")]).to.deep.equal([0, 0]);
    });

    it("of an IPv6 network as of one", () => {
      for (const [address, network] of [
        ["127.0.0.1", "127.0.0.1"],
        ["::ffff:127.0.0.1", "127.0.0.1"],
        ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
        ["2001:db8:1:2::6", "2001:db8:1:2"],
        ["2001:db8::6", "2001:db8:0:0"],
        ["2001:db8:1::", "2001:db8:1:0"],
        ["::1", "0:0:0:0"],
      ] as const) {
        expect(networkOf(address), address).to.equal(network);
      }
    });
  });

  it("takes no more connections than it was told to", async () => {
    const small = await fixture.start({ connections: 2 });
    const sockets = [await dial(small), await dial(small)];
    await sleep(20);
    expect(await hearOut(await dial(small))).to.equal("");
    for (const socket of sockets) socket.destroy();
  });

  it("ends connections that will not, when it closes", async () => {
    const leaving = await fixture.start({ farewell: 50 });
    const socket = await dial(leaving);
    socket.write("POST /access HTTP/1.1\r\nHost: x\r\n");
    await sleep(20);
    const started = performance.now();
    await leaving.close();
    expect(performance.now() - started).to.be.lessThan(2_000);
  });

  it("says that its port is taken", async () => {
    const port = Number(new URL(gateway.url).port);
    await failsWith(fixture.start({}, { port }), "EADDRINUSE");
  });

  it("is known by the origin that it was given", async () => {
    const behind = await fixture.start({}, { origin: "https://data.example" });
    expect(behind.origin).to.equal("https://data.example");
    const direct = await fixture.sign(behind, { gateway: behind.url });
    expectRefusal(await post(behind, direct), 403, "ForeignRequest");
    await fixture.enter(behind);
  });
});
