import { Readable } from "node:stream";

import { expect } from "chai";
import { BrowserProvider, keccak256, randomBytes, type Signer, type TypedDataDomain } from "ethers";

import { marketDomain, Use } from "../../../scripts/lib/data/accessRequest.js";
import { chainAccess } from "../../../scripts/lib/data/chainAccess.js";
import { encryptContent, EncryptedFile } from "../../../scripts/lib/data/content.js";
import { type Gateway, startGateway } from "../../../scripts/lib/data/gateway.js";
import {
  fetchContent,
  requestAccess,
  type Wanted,
} from "../../../scripts/lib/data/gatewayClient.js";
import { type Purchase, purchaseOf, SaleKind } from "../../../scripts/lib/data/offers.js";
import { Refusal } from "../../../scripts/lib/data/refusal.js";
import { EncryptionKey, seal } from "../../../scripts/lib/data/sealing.js";
import { Erc1271Wallet__factory } from "../../../typechain-types/index.js";
import {
  append,
  COIN,
  type Data,
  DAY,
  deployData,
  list,
  publishDataset,
  publishStream,
} from "../../data/fixture.js";
import { failsWith } from "./failure.js";
import { chunkPath, get } from "./gatewayFixture.js";
import { type TemporaryFolder, temporaryFolder } from "./temporary.js";

describe("a gateway that asks the market", () => {
  const content = randomBytes(2_500);
  const contentId = keccak256(content);
  let data: Data;
  let folder: TemporaryFolder;
  let file: EncryptedFile;
  let key: Uint8Array;
  let domain: TypedDataDomain;
  let gateway: Gateway;

  beforeEach(async () => {
    data = await deployData();
    folder = await temporaryFolder();
    const path = folder.path("content");
    const options = { contentId, chunkSize: 1_000 };
    ({ key } = await encryptContent(Readable.from([content]), path, options));
    file = await EncryptedFile.open(path);
    domain = marketDomain(31337, await data.dataMarket.getAddress());
    // Hardhat's own ethers provider reports a revert in a way of its own, which no chain outside a test has.
    const provider = new BrowserProvider(data.connection.provider, 31337);
    gateway = await startGateway({
      domain,
      chain: chainAccess(data.dataMarket, provider),
      content: () => file,
      limits: { requestsPerMinute: 10_000, recheckAfter: 0 },
    });
  });

  afterEach(async () => {
    await gateway.close();
    await file.close();
    await folder.remove();
  });

  const wantedOf = (offerId: string, rest: Partial<Wanted> = {}): Wanted => ({
    offerId,
    use: Use.Internal,
    epoch: 0,
    ...rest,
  });

  /** What a signed request is answered with: `let in`, or the refusal. */
  async function ask(signer: Signer, offerId: string, rest: Partial<Wanted> = {}): Promise<string> {
    try {
      await requestAccess(gateway.origin, signer, domain, wantedOf(offerId, rest));
      return "let in";
    } catch (error) {
      if (error instanceof Refusal) return `${error.status} ${error.name}`;
      throw error;
    }
  }

  /** What a holder has after fetching and decrypting all of it. */
  async function fetchAll(holder: Signer, offerId: string, opened: Uint8Array): Promise<Buffer> {
    const wanted = wantedOf(offerId);
    const what = { key: opened, contentId };
    const pieces: Uint8Array[] = [];
    for await (const piece of fetchContent(gateway.origin, holder, domain, wanted, what)) {
      pieces.push(piece);
    }
    return Buffer.concat(pieces);
  }

  async function buy(offerId: string, value: bigint, rest: Partial<Purchase> = {}): Promise<void> {
    const { bob } = data.accounts;
    const purchase = { ...purchaseOf(offerId, bob.address), ...rest };
    await data.dataMarket.connect(bob).buy(purchase, { value });
  }

  /** A subscription for epochs 0 and 1, which Bob holds. */
  async function subscribe(): Promise<{ offerId: string; start: number }> {
    const { assetId, start, contentRoot } = await publishStream(data);
    const { offerId } = await list(data, assetId, COIN, {
      sale: { kind: SaleKind.Subscription, period: 1 },
    });
    await buy(offerId, 2n * COIN, { units: 2 });
    await data.connection.networkHelpers.time.increaseTo(start + DAY);
    await append(data, assetId, 0, contentRoot);
    return { offerId, start };
  }

  it("lets a holder in, who gets all of it, and a stranger not", async () => {
    const { bob, stranger } = data.accounts;
    const { offerId } = await list(data, await publishDataset(data), COIN);
    expect(await ask(bob, offerId)).to.equal("403 AccessDenied");
    await buy(offerId, COIN);
    expect(await ask(bob, offerId)).to.equal("let in");
    expect(await ask(stranger, offerId)).to.equal("403 AccessDenied");
    expect(await ask(stranger, offerId, { user: bob.address })).to.equal("401 InvalidSignature");

    expect((await fetchAll(bob, offerId, key)).equals(content)).to.be.true;
  });

  it("opens what was paid for: no other use, and no other offer", async () => {
    const { bob } = data.accounts;
    const assetId = await publishDataset(data);
    const { offerId: cheap } = await list(data, assetId, COIN);
    const uses = Use.Internal | Use.Commercial;
    const { offerId: dear } = await list(data, assetId, 5n * COIN, { terms: { uses } });
    await buy(cheap, COIN);
    expect(await ask(bob, cheap, { use: Use.Commercial })).to.equal("403 AccessDenied");
    expect(await ask(bob, cheap, { use: uses })).to.equal("403 AccessDenied");
    expect(await ask(bob, dear)).to.equal("403 AccessDenied");
    await buy(dear, 5n * COIN);
    expect(await ask(bob, dear, { use: uses })).to.equal("let in");
  });

  it("opens a subscriber's epochs to him, and no others", async () => {
    const { bob } = data.accounts;
    const { offerId } = await subscribe();
    expect(await ask(bob, offerId, { epoch: 0 })).to.equal("let in");
    expect(await ask(bob, offerId, { epoch: 1 })).to.equal("let in");
    expect(await ask(bob, offerId, { epoch: 2 })).to.equal("403 AccessDenied");
  });

  it("closes when access ends, also to who is inside", async () => {
    const { bob } = data.accounts;
    const { offerId, start } = await subscribe();
    const { time } = data.connection.networkHelpers;
    const wanted = wantedOf(offerId);
    const { token } = await requestAccess(gateway.origin, bob, domain, wanted);
    await time.increaseTo(start + 3 * DAY - 1); // the last second of the epoch after the last one
    expect((await get(gateway, chunkPath(0, 0, offerId), token)).status).to.equal(200);
    await time.increaseTo(start + 3 * DAY);
    expect((await get(gateway, chunkPath(1, 0, offerId), token)).error?.name).to.equal(
      "AccessDenied",
    );
    expect(await ask(bob, offerId)).to.equal("403 AccessDenied");
  });

  it("goes with a grant that is sold", async () => {
    const { bob, carol } = data.accounts;
    const { offerId } = await list(data, await publishDataset(data), COIN, {
      terms: { transferable: true },
    });
    await buy(offerId, COIN);
    await data.dataMarket.connect(bob).wrap(offerId);
    const { token } = await requestAccess(gateway.origin, bob, domain, wantedOf(offerId));
    await data.dataGrants.connect(bob).transferFrom(bob, carol, 1);
    expect(await ask(carol, offerId)).to.equal("let in");
    expect(await ask(bob, offerId)).to.equal("403 AccessDenied");
    expect((await get(gateway, chunkPath(0, 0, offerId), token)).status).to.equal(403);
  });

  it("lets a contract wallet in that holds a grant, by whoever signs for it", async () => {
    const { bob, carol } = data.accounts;
    const wallet = await new Erc1271Wallet__factory(bob).deploy(bob);
    const user = await wallet.getAddress();
    const { offerId } = await list(data, await publishDataset(data), COIN);
    await buy(offerId, COIN, { recipient: user });
    expect(await ask(bob, offerId, { user })).to.equal("let in");
    expect(await ask(bob, offerId)).to.equal("403 AccessDenied");
    expect(await ask(carol, offerId, { user })).to.equal("401 InvalidSignature");
    await wallet.setSigner(carol);
    expect(await ask(carol, offerId, { user })).to.equal("let in");
    expect(await ask(bob, offerId, { user })).to.equal("401 InvalidSignature");
  });

  describe("about encrypted content", () => {
    const bobs = EncryptionKey.generate();
    let offerId: string;
    beforeEach(async () => {
      const arbiter = data.accounts.arbiter.address;
      const sale = { arbiter, deliverWithin: DAY, challengeWindow: DAY };
      ({ offerId } = await list(data, await publishDataset(data), COIN, { sale }));
      await buy(offerId, COIN, { encryptionKey: bobs.publicKey });
    });

    /** Alice seals the key to what the purchase's event names, and posts it. */
    async function deliver(): Promise<void> {
      const { dataMarket, accounts } = data;
      const [bought] = await dataMarket.queryFilter(dataMarket.filters.GrantBought(offerId));
      const { holder, encryptionKey } = bought?.args ?? { holder: "", encryptionKey: "" };
      const sealedKey = seal(encryptionKey, key, { offerId, holder });
      await dataMarket.connect(accounts.alice).deliver(offerId, holder, sealedKey);
    }

    async function sealedKey(): Promise<string> {
      const { dataMarket, accounts } = data;
      const posted = dataMarket.filters.KeyDelivered(offerId, accounts.bob);
      const [delivered] = await dataMarket.queryFilter(posted);
      return delivered?.args.sealedKey ?? "";
    }

    it("lets the buyer in when his key is delivered, and the key in the event opens it", async () => {
      const { bob } = data.accounts;
      expect(await ask(bob, offerId)).to.equal("403 AccessDenied");
      await deliver();
      const opened = bobs.open(await sealedKey(), { offerId, holder: bob.address });
      expect((await fetchAll(bob, offerId, opened)).equals(content)).to.be.true;
    });

    it("is of no use to others who read the event", async () => {
      await deliver();
      const posted = await sealedKey();
      const sale = { offerId, holder: data.accounts.bob.address };
      const open = async (): Promise<Uint8Array> => EncryptionKey.generate().open(posted, sale);
      await failsWith(open(), "The key was not sealed to this buyer");
      const other = async (): Promise<Uint8Array> =>
        bobs.open(posted, { ...sale, holder: data.accounts.carol.address });
      await failsWith(other(), "The key was not sealed to this buyer");
    });

    it("keeps out who disputes the key, until the arbiter has ruled for the seller", async () => {
      const { arbiter, bob } = data.accounts;
      await deliver();
      expect(await ask(bob, offerId)).to.equal("let in");
      await data.dataMarket.connect(bob).dispute(offerId, { value: COIN / 10n });
      expect(await ask(bob, offerId)).to.equal("403 AccessDenied");
      await data.dataMarket.connect(arbiter).rule(offerId, bob, true);
      expect(await ask(bob, offerId)).to.equal("let in");
    });

    it("keeps out who got his money back because no key came", async () => {
      const { bob } = data.accounts;
      await data.connection.networkHelpers.time.increase(DAY + 1);
      await data.dataMarket.closeDelivery(offerId, bob);
      expect(await ask(bob, offerId)).to.equal("403 AccessDenied");
    });
  });
});
