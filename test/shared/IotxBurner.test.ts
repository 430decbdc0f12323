import { expect } from "chai";
import { getBytes, toBigInt } from "ethers";
import hre from "hardhat";

import { namedAccounts } from "../../scripts/lib/accounts.js";
import { actionsOf, eventsOf } from "../identity/registry.js";
import { startingOn } from "./starting.js";

const COIN = 10n ** 18n;

/** The operations with which a contract's coin, or another's code, could leave it. */
const WAYS_OUT = {
  CREATE: 0xf0,
  CALL: 0xf1,
  CALLCODE: 0xf2,
  DELEGATECALL: 0xf4,
  CREATE2: 0xf5,
  SELFDESTRUCT: 0xff,
};

/** The operations of a contract's code, without what they push and the metadata at its end. */
function operationsOf(code: string): Set<number> {
  const bytes = getBytes(code);
  const end = bytes.length - 2 - Number(toBigInt(bytes.slice(-2)));
  const operations = new Set<number>();
  for (let i = 0; i < end; ++i) {
    const operation = bytes[i] ?? 0;
    operations.add(operation);
    if (operation >= 0x60 && operation <= 0x7f) i += operation - 0x5f;
  }
  return operations;
}

describe("IotxBurner", () => {
  const load = startingOn(
    async () => ({ connection: await hre.network.create() }),
    async ({ connection }) => {
      const burner = await connection.ethers.deployContract("IotxBurner");
      const { bob, carol } = await namedAccounts(connection.ethers);
      const balance = () => connection.ethers.provider.getBalance(burner);
      return { burner, bob, carol, balance };
    },
  );

  it("burns what comes with the call, and tells whose it was", async () => {
    const { burner, bob, carol, balance } = await load();
    expect(await burner.burnedBy(bob)).to.equal(0n);
    const burning = burner.connect(bob).burn({ value: 3n * COIN });
    expect(await eventsOf(burner, burning)).to.deep.equal([["Burned", bob.address, 3n * COIN]]);
    expect(await burner.burnedBy(bob)).to.equal(3n * COIN);
    expect(await burner.burnedBy(carol)).to.equal(0n);
    expect(await balance()).to.equal(3n * COIN);
  });

  it("burns what is merely sent, too", async () => {
    const { burner, bob, balance } = await load();
    const sending = bob.sendTransaction({ to: burner, value: 2n });
    await expect(sending).to.emit(burner, "Burned").withArgs(bob, 2n);
    expect(await burner.burnedBy(bob)).to.equal(2n);
    expect(await balance()).to.equal(2n);
  });

  it("adds up, by source", async () => {
    const { burner, bob, carol, balance } = await load();
    await burner.connect(bob).burn({ value: 1n });
    await burner.connect(carol).burn({ value: 20n });
    await burner.connect(bob).burn({ value: 300n });
    await bob.sendTransaction({ to: burner, value: 4_000n });
    expect(await burner.burnedBy(bob)).to.equal(4_301n);
    expect(await burner.burnedBy(carol)).to.equal(20n);
    expect(await balance()).to.equal(4_321n);
  });

  it("burns nothing, if nothing comes", async () => {
    const { burner, bob } = await load();
    const burning = burner.connect(bob).burn();
    expect(await eventsOf(burner, burning)).to.deep.equal([["Burned", bob.address, 0n]]);
    expect(await burner.burnedBy(bob)).to.equal(0n);
  });

  it("takes a plain transfer only with more gas than a stipend", async () => {
    const { burner, bob, balance, connection } = await load();
    const sending = bob.sendTransaction({ to: burner, value: 1n, gasLimit: 23_300n });
    await expect(sending).to.be.revert(connection.ethers);
    expect(await balance()).to.equal(0n);
    await bob.sendTransaction({ to: burner, value: 1n, gasLimit: 80_000n });
    expect(await balance()).to.equal(1n);
  });

  it("R22 counts coin that was forced in as nobody's", async () => {
    const { burner, bob, balance, connection } = await load();
    await burner.connect(bob).burn({ value: 1n });
    const forcing = await connection.ethers.getContractFactory("ForceSender", bob);
    const sender = await forcing.deploy(burner, { value: 5n });
    expect(await balance()).to.equal(6n);
    expect(await burner.burnedBy(bob), "R22").to.equal(1n);
    expect(await burner.burnedBy(sender), "R22").to.equal(0n);
  });

  it("has no way out, and nothing but burning in it", async () => {
    const { burner, bob, connection } = await load();
    expect([...actionsOf(burner.interface)]).to.deep.equal(["burn"]);
    const unknown = bob.sendTransaction({ to: burner, data: "0x3ccfd60b" });
    await expect(unknown).to.be.revertedWithoutReason(connection.ethers);
    const paying = bob.sendTransaction({ to: burner, data: "0x3ccfd60b", value: 1n });
    await expect(paying).to.be.revertedWithoutReason(connection.ethers);
    const operations = operationsOf(await connection.ethers.provider.getCode(burner));
    expect(operations.size).to.be.greaterThan(10);
    for (const [name, operation] of Object.entries(WAYS_OUT)) {
      expect(operations, name).not.to.include(operation);
    }
  });
});
