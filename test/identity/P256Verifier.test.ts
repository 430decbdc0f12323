import { expect } from "chai";
import {
  concat,
  dataLength,
  dataSlice,
  hexlify,
  randomBytes,
  sha256,
  toBeHex,
  toBigInt,
  ZeroHash,
} from "ethers";
import { network } from "hardhat";

import { P256_ORDER as n, P256Key } from "../../scripts/lib/deviceKey.js";
import type {
  LyingPrecompile,
  P256Verifier,
  TaughtPrecompile,
} from "../../typechain-types/index.js";
import * as curve from "./P256Verifier.curve.js";

const MAGIC = "0x024ad318"; // IERC7913SignatureVerifier.verify.selector
const NO = "0xffffffff";
const HALF = n / 2n;

enum Path {
  Solidity,
  Rip7212,
  Iotex,
}
enum Manner {
  Return,
  Revert,
  Burn,
  Flood,
}

const ADDRESS = { [Path.Rip7212]: toBeHex(0x100, 20), [Path.Iotex]: toBeHex(0x8001, 20) };
const DOUBLE = {
  [Path.Rip7212]: "Rip7212Precompile",
  [Path.Iotex]: "IotexP256Precompile",
} as const;
const ONE_WORD = toBeHex(1, 32);
const YES = { [Path.Rip7212]: ONE_WORD, [Path.Iotex]: "0x01" };
type Precompile = keyof typeof ADDRESS;
const PRECOMPILES: Precompile[] = [Path.Rip7212, Path.Iotex];

/** A question to the verifier. */
interface Claim {
  key: string;
  hash: string;
  signature: string;
}

/** What the verifier itself asks a path, to know whether it is there. Wycheproof's "small r and s". */
const KNOWN_GOOD = {
  digest: "0xbb5a52f42f9c9261ed4361f59422a1e30036e7c32b270c8807a419feca605023",
  signature: curve.join(5n, 1n),
  key: "0xa71af64de5126a4a4e02b7922d66ce9415ce88a4c9d25514d91082c8725ac9575d47723c8fbe580bb369fec9c2665d8e30a435b9932645482e7c9f11e872296b",
};

const encode = (path: Precompile, digest: string, signature: string, key: string): string =>
  concat(path === Path.Rip7212 ? [digest, signature, key] : [digest, signature, "0x04", key]);
const encodeClaim = (path: Precompile, { key, hash, signature }: Claim): string =>
  encode(path, sha256(hash), signature, key);

async function chain(name: "hardhat" | "osaka") {
  const { ethers, networkHelpers } = await network.create(name);

  async function install(path: Precompile, contract: string): Promise<void> {
    const deployed = await ethers.deployContract(contract);
    await networkHelpers.setCode(ADDRESS[path], await ethers.provider.getCode(deployed));
  }

  return {
    ethers,
    networkHelpers,
    deploy: (): Promise<P256Verifier> => ethers.deployContract("P256Verifier"),
    /** A precompile that verifies, and already knows the verifier's own two questions. */
    async equip(path: Precompile): Promise<TaughtPrecompile> {
      await install(path, DOUBLE[path]);
      const double = await ethers.getContractAt("TaughtPrecompile", ADDRESS[path]);
      const { digest, signature, key } = KNOWN_GOOD;
      await double.teach(encode(path, digest, signature, key), 0);
      const flipped = toBeHex(toBigInt(digest) ^ (2n ** 256n - 1n), 32);
      await double.teach(encode(path, flipped, signature, key), 0);
      return double;
    },
    async corrupt(path: Precompile, manner: Manner, answer: string): Promise<LyingPrecompile> {
      await install(path, "LyingPrecompile");
      const liar = await ethers.getContractAt("LyingPrecompile", ADDRESS[path]);
      await liar.lie(manner, answer);
      return liar;
    },
    vanish: (path: Precompile): Promise<void> => networkHelpers.setCode(ADDRESS[path], "0x"),
  };
}
type Chain = Awaited<ReturnType<typeof chain>>;

const ask = (verifier: P256Verifier, { key, hash, signature }: Claim): Promise<string> =>
  verifier.verify(key, hash, signature);

async function signed(hash = hexlify(randomBytes(32))): Promise<Claim> {
  const key = await P256Key.generate();
  return { key: key.key, hash, signature: await key.sign(hash) };
}

function signedBy(privateKey: bigint, nonce: bigint, hash: string): Claim {
  const { r, s } = curve.signWith(privateKey, nonce, hash);
  const point = curve.multiply(curve.generator, privateKey);
  if (point === undefined) throw new Error("The private key is a multiple of the order");
  const { x, y } = point;
  return { key: curve.join(x, y), hash, signature: curve.join(r, s > HALF ? n - s : s) };
}

/** A claim that holds by construction: the key is computed from the signature. */
function withSignature(R: curve.Point, s: bigint, hash = hexlify(randomBytes(32))): Claim {
  return { key: curve.keyFor(hash, R, s), hash, signature: curve.join(R.x % n, s) };
}

function firstPoint(from: bigint, step: bigint): curve.Point {
  for (let x = from; ; x += step) {
    const point = curve.pointAt(x);
    if (point !== undefined) return point;
  }
}

const R = firstPoint(5n, 1n);
const FIXED_HASH = sha256("0x1234");
const MAX_HASH = toBeHex(2n ** 256n - 1n, 32);

const VALID: [string, () => Claim | Promise<Claim>][] = [
  ["a WebCrypto signature", () => signed()],
  ["a signature of the zero hash", () => signed(ZeroHash)],
  ["a signature of the highest hash", () => signed(MAX_HASH)],
  ["the lowest s", () => withSignature(R, 1n)],
  ["the highest s", () => withSignature(R, HALF)],
  ["the highest r below n", () => withSignature(firstPoint(n - 1n, -1n), 7n)],
  ["a small r", () => withSignature(R, 7n)],
  ["a point of the nonce whose x is at least n", () => withSignature(firstPoint(n, 1n), 7n)],
  ["the generator as the key", () => signedBy(1n, 77n, FIXED_HASH)],
  ["the generator's opposite as the key", () => signedBy(n - 1n, 77n, FIXED_HASH)],
  ["twice the generator as the key", () => signedBy(2n, 77n, FIXED_HASH)],
  ["three times the generator as the key", () => signedBy(3n, 77n, FIXED_HASH)],
  ["the nonce 1", () => signedBy(1234n, 1n, FIXED_HASH)],
  ["the nonce equal to the key", () => signedBy(1234n, 1234n, FIXED_HASH)],
];

/** Refused for their form alone, whatever a path would say. */
const MALFORMED: [string, (claim: Claim) => Claim][] = [
  ["r = 0", (c) => ({ ...c, signature: curve.join(0n, sOf(c)) })],
  ["r = n", (c) => ({ ...c, signature: curve.join(n, sOf(c)) })],
  [
    "r = n + 5, where r = 5 is valid",
    () => ({ ...withSignature(R, 7n), signature: curve.join(n + 5n, 7n) }),
  ],
  ["r = 2^256 - 1", (c) => ({ ...c, signature: curve.join(2n ** 256n - 1n, sOf(c)) })],
  ["s = 0", (c) => ({ ...c, signature: curve.join(rOf(c), 0n) })],
  ["r = s = 0", (c) => ({ ...c, signature: curve.join(0n, 0n) })],
  ["s = n", (c) => ({ ...c, signature: curve.join(rOf(c), n) })],
  [
    "s = n + 7, where s = 7 is valid",
    () => ({ ...withSignature(R, 7n), signature: curve.join(5n, n + 7n) }),
  ],
  ["the other, malleated s", (c) => ({ ...c, signature: curve.join(rOf(c), n - sOf(c)) })],
  ["the lowest high s", () => withSignature(R, HALF + 1n)],
  ["s = n - 1", () => withSignature(R, n - 1n)],
  ["the point at infinity", (c) => ({ ...c, key: curve.join(0n, 0n) })],
  ["a key off the curve", (c) => ({ ...c, key: curve.join(xOf(c), yOf(c) ^ 1n) })],
  ["a key with x and y swapped", (c) => ({ ...c, key: curve.join(yOf(c), xOf(c)) })],
  ["a key with x + p for x", (c) => ({ ...c, key: curve.join(R.x + curve.p, R.y) })],
  ["a key with y = p", (c) => ({ ...c, key: curve.join(xOf(c), curve.p) })],
  ["no key", (c) => ({ ...c, key: "0x" })],
  ["a key of 63 bytes", (c) => ({ ...c, key: dataSlice(c.key, 0, 63) })],
  ["a key of 65 bytes", (c) => ({ ...c, key: concat([c.key, "0x00"]) })],
  ["a key with its SEC1 prefix", (c) => ({ ...c, key: concat(["0x04", c.key]) })],
  ["no signature", (c) => ({ ...c, signature: "0x" })],
  ["a signature of 63 bytes", (c) => ({ ...c, signature: dataSlice(c.signature, 0, 63) })],
  ["a signature of 65 bytes", (c) => ({ ...c, signature: concat([c.signature, "0x1b"]) })],
  ["a signature of 128 bytes", (c) => ({ ...c, signature: concat([c.signature, c.signature]) })],
];

/** Right in form, signed by nobody. */
const FORGED: [string, (claim: Claim) => Claim | Promise<Claim>][] = [
  ["another hash", (c) => ({ ...c, hash: sha256(c.hash) })],
  ["another key", async (c) => ({ ...c, key: (await P256Key.generate()).key })],
  ["the key's opposite", (c) => ({ ...c, key: curve.join(xOf(c), curve.p - yOf(c)) })],
  ["another r", (c) => ({ ...c, signature: curve.join(rOf(c) ^ 1n, sOf(c)) })],
  ["another s", (c) => ({ ...c, signature: curve.join(rOf(c), sOf(c) ^ 1n) })],
  ["r and s swapped", () => swapped(withSignature(R, 7n))],
  [
    "the highest r that is the x of no point",
    (c) => ({ ...c, signature: curve.join(n - 1n, sOf(c)) }),
  ],
  ["the highest s", (c) => ({ ...c, signature: curve.join(rOf(c), HALF) })],
  ["random numbers", (c) => ({ ...c, signature: curve.join(random(n), random(HALF)) })],
];

const rOf = (c: Claim): bigint => toBigInt(dataSlice(c.signature, 0, 32));
const sOf = (c: Claim): bigint => toBigInt(dataSlice(c.signature, 32, 64));
const xOf = (c: Claim): bigint => toBigInt(dataSlice(c.key, 0, 32));
const yOf = (c: Claim): bigint => toBigInt(dataSlice(c.key, 32, 64));
const swapped = (c: Claim): Claim => ({ ...c, signature: curve.join(sOf(c), rOf(c)) });
const random = (below: bigint): bigint => 1n + (toBigInt(randomBytes(32)) % (below - 1n));

/** Answers that are not a path's yes. */
const ODD: Record<Precompile, [string, Manner, string][]> = {
  [Path.Rip7212]: [
    ["nothing", Manner.Return, "0x"],
    ["a 32-byte 0", Manner.Return, ZeroHash],
    ["a 32-byte 2", Manner.Return, toBeHex(2, 32)],
    ["a word that begins with 1", Manner.Return, concat(["0x01", dataSlice(ZeroHash, 1)])],
    ["a word of ones", Manner.Return, MAX_HASH],
    ["one byte 1", Manner.Return, "0x01"],
    ["31 bytes that end in 1", Manner.Return, dataSlice(ONE_WORD, 1)],
    ["33 bytes that begin with its yes", Manner.Return, concat([ONE_WORD, "0x00"])],
    ["its yes and a second word", Manner.Return, concat([ONE_WORD, ONE_WORD])],
    ["a revert that carries its yes", Manner.Revert, ONE_WORD],
    ["by burning its gas", Manner.Burn, "0x"],
    ["with all the bytes its gas can make", Manner.Flood, "0x"],
  ],
  [Path.Iotex]: [
    ["nothing", Manner.Return, "0x"],
    ["one byte 0", Manner.Return, "0x00"],
    ["one byte 2", Manner.Return, "0x02"],
    ["one byte 255", Manner.Return, "0xff"],
    ["a 32-byte 1", Manner.Return, ONE_WORD],
    ["two bytes that begin with its yes", Manner.Return, "0x0100"],
    ["a revert that carries its yes", Manner.Revert, "0x01"],
    ["by burning its gas", Manner.Burn, "0x"],
    ["with all the bytes its gas can make", Manner.Flood, "0x"],
  ],
};

describe("P256Verifier", () => {
  describe("IDN-08 all paths agree", () => {
    /** One chain per path; on `osaka` the precompile is the real one. */
    const verifiers: {
      name: string;
      verifier: P256Verifier;
      learn: (claim: Claim) => Promise<void>;
    }[] = [];

    before(async () => {
      const plain = await chain("hardhat");
      verifiers.push({ name: "Solidity", verifier: await plain.deploy(), learn: async () => {} });
      const osaka = await chain("osaka");
      verifiers.push({
        name: "0x100 of Osaka",
        verifier: await osaka.deploy(),
        learn: async () => {},
      });
      for (const path of PRECOMPILES) {
        const equipped = await chain("hardhat");
        const double = await equipped.equip(path);
        const learn = async (claim: Claim): Promise<void> => {
          if (dataLength(claim.key) !== 64 || dataLength(claim.signature) !== 64) return;
          await double.teach(encodeClaim(path, claim), 0);
        };
        verifiers.push({ name: DOUBLE[path], verifier: await equipped.deploy(), learn });
      }
    });

    async function expectAll(claim: Claim, answer: string): Promise<void> {
      for (const { name, verifier, learn } of verifiers) {
        await learn(claim);
        expect(await ask(verifier, claim), `IDN-08 ${name} ${JSON.stringify(claim)}`).to.equal(
          answer,
        );
      }
    }

    it("stands on each of its paths", async () => {
      const paths = await Promise.all(verifiers.map(({ verifier }) => verifier.path()));
      expect(paths).to.deep.equal([0n, 1n, 1n, 2n]);
    });

    for (const [name, make] of VALID) {
      it(`IDN-08 accepts ${name}, as WebCrypto does`, async () => {
        const claim = await make();
        expect(await curve.webCryptoAccepts(claim.key, claim.hash, claim.signature)).to.equal(true);
        await expectAll(claim, MAGIC);
      });
    }

    for (const [name, make] of MALFORMED) {
      it(`IDN-08 R11 refuses ${name}`, async () => {
        await expectAll(make(await signed()), NO);
      });
    }

    for (const [name, make] of FORGED) {
      it(`IDN-08 refuses ${name}, as WebCrypto does`, async () => {
        const claim = await make(await signed());
        expect(await curve.webCryptoAccepts(claim.key, claim.hash, claim.signature)).to.equal(
          false,
        );
        await expectAll(claim, NO);
      });
    }

    it("IDN-08 agrees with WebCrypto on random keys, and on each signature with one bit flipped", async () => {
      for (let i = 0; i < 12; i++) {
        const claim = await signed();
        await expectAll(claim, MAGIC);
        const flipped = toBeHex(
          toBigInt(claim.signature) ^ (1n << BigInt(Math.floor(Math.random() * 512))),
          64,
        );
        const mutant = { ...claim, signature: flipped };
        expect(await curve.webCryptoAccepts(mutant.key, mutant.hash, mutant.signature)).to.equal(
          false,
        );
        await expectAll(mutant, NO);
      }
    });

    it("IDN-08 R11 refuses a malleated signature that the precompiles and WebCrypto accept", async () => {
      const claim = await signed();
      const malleated = { ...claim, signature: curve.join(rOf(claim), n - sOf(claim)) };
      expect(
        await curve.webCryptoAccepts(malleated.key, malleated.hash, malleated.signature),
      ).to.equal(true);
      const { ethers } = await chain("osaka");
      const asked = { to: ADDRESS[Path.Rip7212], data: encodeClaim(Path.Rip7212, malleated) };
      expect(await ethers.provider.call(asked)).to.equal(ONE_WORD);
      await expectAll(malleated, NO);
    });

    it("signs as ES256: the signature is over sha256(hash), not over the hash", async () => {
      const claim = await signed(hexlify(randomBytes(32)));
      await expectAll({ ...claim, hash: sha256(claim.hash) }, NO);
      await expectAll(claim, MAGIC);
    });
  });

  for (const path of PRECOMPILES) {
    describe(`when ${Path[path]} is stored`, () => {
      let it_: Chain;
      let verifier: P256Verifier;
      let double: TaughtPrecompile;
      let claim: Claim;
      let forged: Claim;

      before(async () => {
        it_ = await chain("hardhat");
      });

      /** Every test begins with the path stored, and one claim that holds and one that does not. */
      beforeEach(async () => {
        double = await it_.equip(path);
        verifier = await it_.deploy();
        claim = await signed();
        forged = { ...claim, hash: sha256(claim.hash) };
      });

      afterEach(async () => {
        await it_.vanish(path);
      });

      it("was found by the constructor, which says so", async () => {
        expect(await verifier.path()).to.equal(path);
        await expect(verifier.deploymentTransaction())
          .to.emit(verifier, "PathChanged")
          .withArgs(Path.Solidity, path);
      });

      it("takes the path's no for final while it knows the known-good signature", async () => {
        expect(await ask(verifier, claim), "never taught").to.equal(NO);
        await double.teach(encodeClaim(path, claim), 0);
        expect(await ask(verifier, claim)).to.equal(MAGIC);
      });

      it("R10 answers in Solidity once the path has vanished", async () => {
        await it_.vanish(path);
        expect(await ask(verifier, claim)).to.equal(MAGIC);
        expect(await ask(verifier, forged)).to.equal(NO);
        expect(await verifier.path(), "until the next probe").to.equal(path);
      });

      it("leaves a vanished path at the next probe", async () => {
        await it_.vanish(path);
        expect(await verifier.probe.staticCall()).to.equal(Path.Solidity);
        await expect(verifier.probe())
          .to.emit(verifier, "PathChanged")
          .withArgs(path, Path.Solidity);
        expect(await verifier.path()).to.equal(Path.Solidity);
        expect(await ask(verifier, claim)).to.equal(MAGIC);
        expect(await ask(verifier, forged)).to.equal(NO);
      });

      it("says nothing when a probe finds what is stored", async () => {
        expect(await verifier.probe.staticCall()).to.equal(path);
        await expect(verifier.probe()).not.to.emit(verifier, "PathChanged");
        expect(await verifier.path()).to.equal(path);
      });

      for (const [name, manner, answer] of ODD[path]) {
        it(`R10 decides in Solidity when the path comes to answer ${name}`, async () => {
          await it_.corrupt(path, manner, answer);
          expect(await ask(verifier, claim)).to.equal(MAGIC);
          expect(await ask(verifier, forged)).to.equal(NO);
        });

        it(`R10 does not store a path that answers ${name}`, async () => {
          await it_.corrupt(path, manner, answer);
          await expect(verifier.probe())
            .to.emit(verifier, "PathChanged")
            .withArgs(path, Path.Solidity);
          expect(await (await it_.deploy()).path()).to.equal(Path.Solidity);
        });
      }

      it("trusts the path's yes, and leaves a path that always says yes at the next probe", async () => {
        await it_.corrupt(path, Manner.Return, YES[path]);
        expect(await ask(verifier, forged), "trusted").to.equal(MAGIC);
        await verifier.probe();
        expect(await verifier.path()).to.equal(Path.Solidity);
        expect(await ask(verifier, forged)).to.equal(NO);
        expect(await ask(verifier, claim)).to.equal(MAGIC);
      });

      for (const [name, make] of MALFORMED) {
        it(`IDN-08 R11 refuses ${name} even if the path says yes to everything`, async () => {
          await it_.corrupt(path, Manner.Return, YES[path]);
          expect(await ask(verifier, make(claim))).to.equal(NO);
        });
      }

      it("never shows the path a malformed key, which would burn its gas", async () => {
        await it_.corrupt(path, Manner.Burn, "0x");
        const offCurve = { ...claim, key: curve.join(xOf(claim), yOf(claim) ^ 1n) };
        const gas = await verifier.verify.estimateGas(
          offCurve.key,
          offCurve.hash,
          offCurve.signature,
        );
        expect(gas).to.be.lessThan(40_000n); // with the transaction's own
      });

      it("IDN-11 never says no for want of gas: a sweep", async () => {
        // The question needs nearly all that a path gets, the known-good one little: a starved no would look final.
        await double.teach(encodeClaim(path, claim), 28_000);
        const seen = new Set<string>();
        for (let gasLimit = 24_000n; gasLimit < 120_000n; gasLimit += 97n) {
          const answer = await verifier
            .verify(claim.key, claim.hash, claim.signature, { gasLimit })
            .catch(() => "reverted");
          expect(answer, `with ${gasLimit}`).not.to.equal(NO);
          seen.add(answer);
        }
        expect([...seen].sort()).to.deep.equal([MAGIC, "reverted"].sort());
      });

      it("never stores another path for want of gas: a sweep", async () => {
        const { digest, signature, key } = KNOWN_GOOD;
        await double.teach(encode(path, digest, signature, key), 28_000);
        const seen = new Set<string>();
        for (let gasLimit = 24_000n; gasLimit < 150_000n; gasLimit += 97n) {
          const found = await verifier.probe
            .staticCall({ gasLimit })
            .then(String, () => "reverted");
          expect(found, `with ${gasLimit}`).to.be.oneOf([String(path), "reverted"]);
          seen.add(found);
        }
        expect(seen.size, "some enough, some too little").to.equal(2);
      });

      it("names the floor when a probe has too little gas", async () => {
        await expect(verifier.probe({ gasLimit: 60_000 }))
          .to.be.revertedWithCustomError(verifier, "P256VerifierInsufficientGas")
          .withArgs(40_000, (left: bigint) => left < 40_000n);
        expect(await verifier.path()).to.equal(path);
      });

      it("names the floor when a verification has too little gas", async () => {
        await expect(verifier.verify(claim.key, claim.hash, claim.signature, { gasLimit: 60_000 }))
          .to.be.revertedWithCustomError(verifier, "P256VerifierInsufficientGas")
          .withArgs(40_000, (left: bigint) => left < 40_000n);
      });
    });

    describe(`when ${Path[path]} appears after a fork`, () => {
      it("uses it from the next probe on", async () => {
        const { deploy, equip } = await chain("hardhat");
        const verifier = await deploy();
        expect(await verifier.path()).to.equal(Path.Solidity);
        await expect(verifier.deploymentTransaction()).not.to.emit(verifier, "PathChanged");
        const double = await equip(path);
        const claim = await signed();
        expect(await ask(verifier, claim)).to.equal(MAGIC);
        await expect(verifier.probe())
          .to.emit(verifier, "PathChanged")
          .withArgs(Path.Solidity, path);
        expect(await verifier.path()).to.equal(path);
        expect(await ask(verifier, claim), "asks the path, which was not taught").to.equal(NO);
        await double.teach(encodeClaim(path, claim), 0);
        expect(await ask(verifier, claim)).to.equal(MAGIC);
      });
    });
  }

  describe("when both precompiles are there", () => {
    it("prefers 0x100, and takes 0x8001 when 0x100 lies", async () => {
      const { deploy, equip, corrupt, vanish } = await chain("hardhat");
      await equip(Path.Iotex);
      const verifier = await deploy();
      expect(await verifier.path()).to.equal(Path.Iotex);
      await equip(Path.Rip7212);
      await expect(verifier.probe())
        .to.emit(verifier, "PathChanged")
        .withArgs(Path.Iotex, Path.Rip7212);
      await corrupt(Path.Rip7212, Manner.Return, ONE_WORD);
      await expect(verifier.probe())
        .to.emit(verifier, "PathChanged")
        .withArgs(Path.Rip7212, Path.Iotex);
      await vanish(Path.Iotex);
      await expect(verifier.probe())
        .to.emit(verifier, "PathChanged")
        .withArgs(Path.Iotex, Path.Solidity);
    });
  });

  describe("when no precompile is there", () => {
    it("IDN-11 never says no for want of gas: a sweep", async () => {
      const verifier = await (await chain("hardhat")).deploy();
      const claim = await signed();
      const seen = new Set<string>();
      for (let gasLimit = 24_000n; gasLimit < 500_000n; gasLimit += 1_009n) {
        const answer = await verifier
          .verify(claim.key, claim.hash, claim.signature, { gasLimit })
          .catch(() => "reverted");
        expect(answer, `with ${gasLimit}`).not.to.equal(NO);
        seen.add(answer);
      }
      expect([...seen].sort()).to.deep.equal([MAGIC, "reverted"].sort());
    });
  });

  describe("the doubles", () => {
    it("flood with as many bytes as the gas of a path can make", async () => {
      const { ethers, corrupt } = await chain("hardhat");
      await corrupt(Path.Rip7212, Manner.Flood, "0x");
      // Beside the path's gas, 21,000 for the transaction; a few thousand more when coverage is measured.
      const flood = await ethers.provider.call({ to: ADDRESS[Path.Rip7212], gasLimit: 55_000 });
      expect(dataLength(flood)).to.equal(90_000);
    });

    it("call an input of another length malformed", async () => {
      const { ethers, equip } = await chain("hardhat");
      for (const path of PRECOMPILES) {
        await (await equip(path)).teach("0x1234", 0);
        const answer = ethers.provider.call({
          to: ADDRESS[path],
          data: "0x1234",
          gasLimit: 100_000,
        });
        expect(await answer.catch(() => "failed")).to.equal(
          path === Path.Rip7212 ? "0x" : "failed",
        );
      }
    });

    it("burn the gas on a malformed key, and accept a high s, as 0x8001 does", async () => {
      const { ethers, equip } = await chain("hardhat");
      const double = await equip(Path.Iotex);
      const claim = await signed();
      const offCurve = encodeClaim(Path.Iotex, {
        ...claim,
        key: curve.join(xOf(claim), yOf(claim) ^ 1n),
      });
      await double.teach(offCurve, 0);
      const gasLimit = 100_000;
      const burnt = ethers.provider.call({ to: ADDRESS[Path.Iotex], data: offCurve, gasLimit });
      expect(await burnt.catch(() => "failed")).to.equal("failed");
      const malleated = encodeClaim(Path.Iotex, {
        ...claim,
        signature: curve.join(rOf(claim), n - sOf(claim)),
      });
      await double.teach(malleated, 0);
      expect(await ethers.provider.call({ to: ADDRESS[Path.Iotex], data: malleated })).to.equal(
        "0x01",
      );
    });
  });
});
