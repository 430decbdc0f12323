import { expect } from "chai";
import { concat, type Signer } from "ethers";

import { NATIVE } from "../../scripts/lib/identity.js";
import { SplitReceiver__factory } from "../../typechain-types/index.js";
import { hubs, pay, potOf, splitAmong } from "./splitting.js";

describe("SplitReceiver", () => {
  /** A receiver that is deployed, and holds coin and tokens again. */
  const load = hubs(async ({ accounts, hub, token }) => {
    const split = await splitAmong([[accounts.bob, 1]], { controller: accounts.maker.address });
    await hub.flush(split.id, NATIVE);
    const address = await hub.receiverOf(split.id);
    const receiver = SplitReceiver__factory.connect(address, accounts.stranger);
    await accounts.alice.sendTransaction({ to: receiver, value: 70n });
    await token.connect(accounts.alice).transfer(receiver, 50n);
    return { split, receiver };
  });

  it("knows its hub, as the code behind all receivers does", async () => {
    const { hub, receiver, connection } = await load();
    expect(await receiver.hub()).to.equal(hub.target);
    const code = await connection.ethers.provider.getCode(receiver);
    const implementation = SplitReceiver__factory.connect(`0x${code.slice(22, 62)}`, hub.runner);
    expect(code).to.equal(
      concat([
        "0x363d3d373d3d3d363d73",
        await implementation.getAddress(),
        "0x5af43d82803e903d91602b57fd5bf3",
      ]),
    );
    expect(await implementation.hub()).to.equal(hub.target);
  });

  it("gives nothing to anybody but the hub: not to recipients, controllers or strangers", async () => {
    const { receiver, accounts, token, connection } = await load();
    const { bob, maker, stranger } = accounts;
    const asked = async (who: Signer, currency: string): Promise<void> => {
      await expect(receiver.connect(who).flush(currency))
        .to.be.revertedWithCustomError(receiver, "SplitReceiverUnauthorized")
        .withArgs(who);
    };
    for (const who of [bob, maker, stranger]) {
      await asked(who, NATIVE);
      await asked(who, await token.getAddress());
    }
    expect(await connection.ethers.provider.getBalance(receiver)).to.equal(70n);
    expect(await token.balanceOf(receiver)).to.equal(50n);
  });

  it("gives the hub all that it has of the one currency asked for", async () => {
    const { hub, split, receiver, token, connection } = await load();
    await expect(hub.flush(split.id, NATIVE)).to.changeEtherBalances(
      connection.ethers,
      [receiver, hub],
      [-70n, 70n],
    );
    expect(await token.balanceOf(receiver)).to.equal(50n);
    await expect(hub.flush(split.id, token)).to.changeTokenBalances(
      connection.ethers,
      token,
      [receiver, hub],
      [-50n, 50n],
    );
  });

  it("holds nothing of another split: its money goes to its own pot", async () => {
    const loaded = await load();
    const { hub, split, accounts } = loaded;
    const other = await splitAmong([[accounts.carol, 1]]);
    await pay(loaded, other, 5n);
    await hub.flush(split.id, NATIVE);
    expect(await potOf(loaded, split)).to.deep.equal([70n, 0n]);
    expect(await potOf(loaded, other)).to.deep.equal([5n, 0n]);
  });

  it("takes coin by a plain transfer before and after it is deployed", async () => {
    const { hub, accounts, connection } = await load();
    const { provider } = connection.ethers;
    const fresh = await splitAmong([[accounts.dave, 1]]);
    const to = await hub.receiverOf(fresh.id);
    await accounts.alice.sendTransaction({ to, value: 1n });
    await hub.flush(fresh.id, NATIVE);
    await accounts.alice.sendTransaction({ to, value: 2n });
    expect(await provider.getBalance(to)).to.equal(2n);
  });

  it("refuses a call that it does not know", async () => {
    const { receiver, accounts, connection } = await load();
    const calling = accounts.alice.sendTransaction({ to: receiver, data: "0x12345678" });
    await expect(calling).to.be.revertedWithoutReason(connection.ethers);
  });
});
