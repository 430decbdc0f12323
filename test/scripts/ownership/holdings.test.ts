import { expect } from "chai";
import type { Provider } from "ethers";

import { blockRanges, machinesHeldBy } from "../../../scripts/lib/ownership/holdings.js";
import { MachineOfferings__factory } from "../../../typechain-types/index.js";
import { anotherMachine, earningMachine, owners } from "../../ownership/revenue.js";
import { failsWith } from "../data/failure.js";

describe("the machines that somebody holds", () => {
  /** Two machines, of each of which Bob has 600 shares and Carol 400; Dave got all of Carol's of the second. */
  const load = owners(async (its) => {
    const { accounts, connection } = its;
    const first = await earningMachine(its);
    const between = await connection.ethers.provider.getBlockNumber();
    const second = await anotherMachine(its);
    await second.connect(accounts.carol).transfer(accounts.dave, 400n);
    // Another token that Bob has is no machine.
    await its.token.connect(accounts.alice).transfer(accounts.bob, 1n);
    return {
      between,
      first: first.target as string,
      second: second.target as string,
      newest: await connection.ethers.provider.getBlockNumber(),
    };
  });

  it("are found in the chain's events, with what he has of them now", async () => {
    const { machineOfferings, accounts, first, second } = await load();
    const { alice, bob, carol, dave } = accounts;
    const heldBy = (holder: string) => machinesHeldBy(machineOfferings, holder, { fromBlock: 0 });
    expect(await heldBy(bob.address)).to.deep.equal([
      { shares: first, balance: 600n },
      { shares: second, balance: 600n },
    ]);
    expect(await heldBy(dave.address.toLowerCase())).to.deep.equal([
      { shares: second, balance: 400n },
    ]);
    expect(await heldBy(alice.address)).to.deep.equal([]);
    // Who gave all away may still be owed what they earned before.
    expect(await heldBy(carol.address)).to.deep.equal([
      { shares: first, balance: 400n },
      { shares: second, balance: 0n },
    ]);
  });

  for (const chunk of [1, 2, 7, 1_000]) {
    it(`are the same whether asked for ${chunk} blocks at a time or all at once`, async () => {
      const { machineOfferings, accounts, connection } = await load();
      const { provider } = connection.ethers;
      let most = 0;
      const watched: Provider = new Proxy<Provider>(provider, {
        get(target, name) {
          if (name === "provider") return watched;
          if (name === "getLogs") {
            return async (filter: { fromBlock: number; toBlock: number }) => {
              most = Math.max(most, filter.toBlock - filter.fromBlock + 1);
              return provider.getLogs(filter);
            };
          }
          const value: unknown = Reflect.get(target, name, target);
          return typeof value === "function" ? (value.bind(target) as unknown) : value;
        },
      });
      const address = await machineOfferings.getAddress();
      const offerings = MachineOfferings__factory.connect(address, watched);
      const all = await machinesHeldBy(machineOfferings, accounts.bob.address, { fromBlock: 0 });
      expect(all).to.have.lengthOf(2);
      const range = { fromBlock: 0, chunk };
      expect(await machinesHeldBy(offerings, accounts.bob.address, range)).to.deep.equal(all);
      expect(most).to.be.at.most(chunk);
    });
  }

  it("are those of the blocks asked for, both ends included", async () => {
    const { machineOfferings, accounts, between, newest, first, second } = await load();
    const within = async (fromBlock: number, toBlock: number): Promise<string[]> => {
      const range = { fromBlock, toBlock };
      const found = await machinesHeldBy(machineOfferings, accounts.bob.address, range);
      return found.map(({ shares }) => shares);
    };
    expect(await within(0, between)).to.deep.equal([first]);
    expect(await within(between + 1, newest)).to.deep.equal([second]);
    const [created] = await machineOfferings.queryFilter(
      machineOfferings.filters.OfferingCreated(second),
    );
    const at = created?.blockNumber ?? 0;
    expect(await within(at, newest), "from its creation").to.deep.equal([second]);
    expect(await within(at + 1, newest), "from after its creation").to.deep.equal([]);
  });

  it("cannot be found where there is no chain, or a node refuses", async () => {
    const { machineOfferings, accounts, connection } = await load();
    const address = await machineOfferings.getAddress();
    await failsWith(
      machinesHeldBy(MachineOfferings__factory.connect(address), accounts.bob.address, {
        fromBlock: 0,
      }),
      "The offerings are not connected to a chain: connect them to a provider",
    );
    const { provider } = connection.ethers;
    const strict: Provider = new Proxy<Provider>(provider, {
      get(target, name) {
        if (name === "provider") return strict;
        if (name === "getLogs") return async () => Promise.reject(new Error("range too large"));
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === "function" ? (value.bind(target) as unknown) : value;
      },
    });
    const offerings = MachineOfferings__factory.connect(address, strict);
    await failsWith(
      machinesHeldBy(offerings, accounts.bob.address, { fromBlock: 0, toBlock: 9 }),
      "The node gave no answer for the logs of blocks 0 to 9: try again with a smaller chunk",
    );
  });

  it("are looked for in ranges that leave no block out and ask for none twice", () => {
    expect(blockRanges(5, 5, 10)).to.deep.equal([{ fromBlock: 5, toBlock: 5 }]);
    expect(blockRanges(0, 9, 10)).to.deep.equal([{ fromBlock: 0, toBlock: 9 }]);
    expect(blockRanges(0, 10, 10)).to.deep.equal([
      { fromBlock: 0, toBlock: 9 },
      { fromBlock: 10, toBlock: 10 },
    ]);
    expect(blockRanges(3, 8, 2)).to.deep.equal([
      { fromBlock: 3, toBlock: 4 },
      { fromBlock: 5, toBlock: 6 },
      { fromBlock: 7, toBlock: 8 },
    ]);
  });

  it("are not looked for in ranges that are none", () => {
    for (const chunk of [0, -1, 1.5]) {
      expect(() => blockRanges(0, 1, chunk)).to.throw(
        `Logs of ${chunk} blocks at once cannot be asked for: give 1 or more`,
      );
    }
    for (const [from, to] of [
      [2, 1],
      [-1, 1],
    ] as const) {
      expect(() => blockRanges(from, to, 1)).to.throw(
        `There are no blocks from ${from} to ${to}: give the lower one first`,
      );
    }
  });
});
