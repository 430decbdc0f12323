import { expect } from "chai";
import {
  BrowserProvider,
  concat,
  id,
  JsonRpcProvider,
  type Provider,
  ZeroAddress,
  zeroPadBytes,
  zeroPadValue,
} from "ethers";
import hre from "hardhat";

import { chainAccess } from "../../../scripts/lib/data/chainAccess.js";
import { failsWith } from "./failure.js";

const PLACE = "0x00000000000000000000000000000000000000D1";
const YES = "0x01";
const MAGIC = zeroPadBytes("0x1626ba7e", 32);
const REVERT = "0x60006000fd";

/** Code that answers every call with the same word. */
function answering(word: string): string {
  return concat(["0x7f", zeroPadValue(word, 32), "0x60005260206000f3"]);
}

describe("what a gateway asks the chain", () => {
  /** A chain that has this code at {@link PLACE}. */
  async function chainWith(code: string): Promise<Provider> {
    const { provider } = await hre.network.create();
    await provider.request({ method: "hardhat_setCode", params: [PLACE, code] });
    // Hardhat's own ethers provider reports a revert in a way of its own, which no chain outside a test has.
    return new BrowserProvider(provider, 31337);
  }

  describe("of the market", () => {
    const ask = (provider: Provider): Promise<boolean> =>
      chainAccess(PLACE, provider).canAccess(id("offer"), ZeroAddress, 1, 3);

    it("is answered by its canAccess", async () => {
      expect(await ask(await chainWith(answering(YES)))).to.be.true;
      expect(await ask(await chainWith(answering("0x00")))).to.be.false;
    });

    it("goes to it with the offer, the user, the use and the epoch", async () => {
      const data = concat([
        id("canAccess(bytes32,address,uint8,uint32)").slice(0, 10),
        id("offer"),
        zeroPadValue(PLACE, 32),
        zeroPadValue("0x05", 32),
        zeroPadValue("0x07", 32),
      ]);
      let sent: unknown;
      const provider = await chainWith(answering(YES));
      const call = provider.call.bind(provider);
      provider.call = (transaction) => {
        sent = transaction.data;
        return call(transaction);
      };
      await chainAccess(PLACE, provider).canAccess(id("offer"), PLACE, 5, 7);
      expect(sent).to.equal(data);
    });

    it("is no yes when it reverts, or when there is no market", async () => {
      await failsWith(ask(await chainWith(REVERT)), /./);
      await failsWith(ask(await chainWith("0x")), "could not decode result data");
    });
  });

  describe("of a contract wallet", () => {
    const ask = async (provider: Provider): Promise<boolean | undefined> =>
      chainAccess(ZeroAddress, provider).isValidSignature?.(PLACE, id("digest"), "0x1234");

    it("is a yes only with ERC-1271's very answer", async () => {
      expect(await ask(await chainWith(answering(MAGIC)))).to.be.true;
      expect(await ask(await chainWith(answering(MAGIC.slice(0, -1) + "1")))).to.be.false;
      expect(await ask(await chainWith(answering(YES)))).to.be.false;
    });

    it("is a no where it reverts, or where there is no contract", async () => {
      expect(await ask(await chainWith(REVERT))).to.be.false;
      expect(await ask(await chainWith("0x"))).to.be.false;
    });

    it("is no answer while the chain is out of reach", async () => {
      const nowhere = new JsonRpcProvider("http://127.0.0.1:1", 31337, { staticNetwork: true });
      await failsWith(Promise.resolve(ask(nowhere)), "ECONNREFUSED");
      nowhere.destroy();
    });
  });
});
