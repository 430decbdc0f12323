import { expect } from "chai";
import { type BytesLike, id } from "ethers";

import { NATIVE } from "../../scripts/lib/identity.js";
import { legOf, payeeOf } from "../../scripts/lib/ownership/splits.js";
import { coinOf, fund, hubs, pay, potOf, release, splitAmong } from "./splitting.js";

const NAMES = [
  ...["deposit", "release", "releaseMany", "distribute"],
  ...["flush", "setSuccessor", "releaseLeg", "releaseListed", "plain coin"],
] as const;

describe("SplitHub: re-entered", () => {
  /** A recipient that calls back when coin comes, and a token that does when it moves; both control splits. */
  const load = hubs(async (deployed) => {
    const { accounts, hub, connection } = deployed;
    const receiver = await connection.ethers.deployContract("ReentrantReceiver");
    const hooked = await connection.ethers.deployContract("HookedERC20");
    await fund(accounts, hub, hooked);
    const self = await receiver.getAddress();
    const parts = [
      [receiver, 1],
      [accounts.bob, 1],
    ] as const;
    const split = await splitAmong(parts, { controller: self });
    const token = await hooked.getAddress();
    const tokens = await splitAmong(parts, { controller: token });
    const receiverOfTokens = await hub.receiverOf(tokens.id);
    await pay(deployed, split, 100n);
    await pay(deployed, tokens, 100n, token);
    await accounts.alice.sendTransaction({ to: await hub.receiverOf(split.id), value: 10n });
    await hooked.mint(receiverOfTokens, 10n);
    return { receiver, self, split, hooked, tokenAddress: token, tokens };
  });
  type Loaded = Awaited<ReturnType<typeof load>>;

  /** What gets through without the lock, called in one currency by who controls the split. */
  function dataOf(loaded: Loaded, name: string, currency: string): BytesLike {
    const { hub, self } = loaded;
    const codec = hub.interface;
    const split = currency === NATIVE ? loaded.split : loaded.tokens;
    const { recipient, proof } = split.proofOf(self);
    const leg = legOf(split, currency, self);
    switch (name) {
      case "deposit":
        return codec.encodeFunctionData("deposit", [split.id, NATIVE, 0n]);
      case "release":
        return codec.encodeFunctionData("release", [split.terms, currency, recipient, proof]);
      case "releaseMany":
        return codec.encodeFunctionData("releaseMany", [[leg]]);
      case "distribute":
        return codec.encodeFunctionData("distribute", [split.terms, currency, split.recipients]);
      case "flush":
        return codec.encodeFunctionData("flush", [split.id, currency]);
      case "setSuccessor":
        return codec.encodeFunctionData("setSuccessor", [split.terms, id("elsewhere")]);
      case "releaseLeg":
        return codec.encodeFunctionData("releaseLeg", [leg]);
      case "releaseListed":
        return codec.encodeFunctionData("releaseListed", [split.id, 1n, currency, recipient]);
      case "plain coin":
        return "0x";
      default:
        throw new Error(`no such call: ${name}`);
    }
  }

  /** The inner call was made, and refused: by the lock, or because only the hub may make it. */
  async function refused(
    { hub }: Loaded,
    name: string,
    made: Pick<Loaded["receiver"], "succeeded" | "result" | "getAddress">,
  ): Promise<void> {
    const internal = ["releaseLeg", "releaseListed", "plain coin"].includes(name);
    const error = internal
      ? hub.interface.encodeErrorResult("SplitHubUnauthorized", [await made.getAddress()])
      : hub.interface.encodeErrorResult("ReentrancyGuardReentrantCall");
    expect(await made.succeeded()).to.equal(false);
    expect(await made.result()).to.equal(error);
  }

  for (const name of NAMES) {
    it(`refuses ${name} while a release is paid`, async () => {
      const loaded = await load();
      const { hub, split, receiver, self } = loaded;
      await receiver.arm(hub, dataOf(loaded, name, NATIVE));
      await release(loaded, split, self);
      await refused(loaded, name, receiver);
      expect(await potOf(loaded, split)).to.deep.equal([100n, 50n]);
      expect(await coinOf(loaded), "SPL-01").to.equal(50n);
      expect(await hub.successorOf(split.id)).to.equal(await hub.successorOf(id("none")));
    });

    it(`refuses ${name} while one leg of many is paid`, async () => {
      const loaded = await load();
      const { hub, split, receiver, self } = loaded;
      await receiver.arm(hub, dataOf(loaded, name, NATIVE));
      await expect(hub.releaseMany([legOf(split, NATIVE, self)]))
        .to.emit(hub, "SplitReleased")
        .withArgs(split.id, NATIVE, payeeOf(self), 50n);
      await refused(loaded, name, receiver);
      expect(await coinOf(loaded), "SPL-01").to.equal(50n);
    });

    it(`refuses ${name} while a list is paid`, async () => {
      const loaded = await load();
      const { hub, split, receiver } = loaded;
      await receiver.arm(hub, dataOf(loaded, name, NATIVE));
      await hub.distribute(split.terms, NATIVE, split.recipients);
      await refused(loaded, name, receiver);
      expect(await potOf(loaded, split)).to.deep.equal([100n, 100n]);
    });

    it(`refuses ${name} while a token is deposited`, async () => {
      const loaded = await load();
      const { hub, tokens, hooked, tokenAddress } = loaded;
      await hooked.arm(hub, dataOf(loaded, name, tokenAddress));
      await pay(loaded, tokens, 7n, tokenAddress);
      await refused(loaded, name, hooked);
      expect(await potOf(loaded, tokens, hooked), "SPL-01").to.deep.equal([107n, 0n]);
    });

    it(`refuses ${name} while a token is released`, async () => {
      const loaded = await load();
      const { hub, tokens, hooked, tokenAddress, self } = loaded;
      await hooked.arm(hub, dataOf(loaded, name, tokenAddress));
      await release(loaded, tokens, self, tokenAddress);
      await refused(loaded, name, hooked);
      expect(await potOf(loaded, tokens, hooked), "SPL-02").to.deep.equal([100n, 50n]);
      expect(await hooked.balanceOf(hub), "SPL-01").to.equal(50n);
    });

    it(`refuses ${name} while a token is flushed`, async () => {
      const loaded = await load();
      const { hub, tokens, hooked, tokenAddress } = loaded;
      await hooked.arm(hub, dataOf(loaded, name, tokenAddress));
      await hub.flush(tokens.id, tokenAddress);
      await refused(loaded, name, hooked);
      expect(await potOf(loaded, tokens, hooked), "SPL-01").to.deep.equal([110n, 0n]);
      expect(await hooked.balanceOf(hub), "SPL-01").to.equal(110n);
    });
  }

  it("R21 counts a deposit once, though the token deposits more while it is measured", async () => {
    const loaded = await load();
    const { hub, tokens, hooked, tokenAddress, accounts } = loaded;
    const inner = hub.interface.encodeFunctionData("deposit", [tokens.id, tokenAddress, 50n]);
    await hooked.mint(hooked, 50n);
    await hooked.arm(hooked, hooked.interface.encodeFunctionData("approve", [hub.target, 50n]));
    await hooked.connect(accounts.alice).transfer(accounts.alice, 0n);
    await hooked.arm(hub, inner);
    await pay(loaded, tokens, 7n, tokenAddress);
    await refused(loaded, "deposit", hooked);
    expect(await potOf(loaded, tokens, hooked), "R21").to.deep.equal([107n, 0n]);
    expect(await hooked.balanceOf(hub), "SPL-01").to.equal(107n);
  });

  it("opens again after every call", async () => {
    const loaded = await load();
    const { hub, split, self, receiver } = loaded;
    await release(loaded, split, self);
    await hub.flush(split.id, NATIVE);
    await pay(loaded, split, 1n);
    await hub.releaseMany([legOf(split, NATIVE, self)]);
    await hub.distribute(split.terms, NATIVE, split.recipients);
    const naming = hub.interface.encodeFunctionData("setSuccessor", [split.terms, id("heir")]);
    await receiver.execute(hub, naming);
    expect(await hub.successorOf(split.id)).to.equal(id("heir"));
  });
});
