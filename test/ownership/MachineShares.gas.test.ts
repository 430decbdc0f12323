import { expect } from "chai";
import type { ContractTransactionResponse } from "ethers";
import hre from "hardhat";

import type { MachineShares, MockERC20 } from "../../typechain-types/index.js";
import { ALL, propose, workingMachine } from "./fixture.js";
import { EARNING, machines } from "./machine.js";

const MANY = 8;

describe("MachineShares: what transfers and claims cost", () => {
  const load = machines(async (its) => {
    const shares = await workingMachine(its);
    const currencies: MockERC20[] = [];
    for (let index = 0; index < MANY; ++index) {
      const currency = await its.connection.ethers.deployContract("MockERC20", [18]);
      await currency.mint(its.accounts.bob, 10n * EARNING);
      await currency.connect(its.accounts.bob).approve(shares, ALL);
      currencies.push(currency);
    }
    return { shares, currencies };
  });

  async function gasOf(sending: Promise<ContractTransactionResponse>): Promise<bigint> {
    const receipt = await (await sending).wait();
    if (receipt === null) throw new Error("not mined");
    return receipt.gasUsed;
  }

  /** What this costs after one dividend in each of so many currencies, twice with a movement between. */
  async function costAfter(
    count: number,
    act: (
      shares: MachineShares,
      loaded: Awaited<ReturnType<typeof load>>,
    ) => ReturnType<typeof gasOf>,
  ): Promise<bigint> {
    const loaded = await load();
    const { shares, currencies, accounts } = loaded;
    for (const currency of currencies.slice(0, count)) await shares.deposit(currency, EARNING);
    await shares.transfer(accounts.carol, 10);
    for (const currency of currencies.slice(0, count)) await shares.deposit(currency, EARNING);
    return act(shares, loaded);
  }

  it("OWN-04 is the same for a transfer to a holder after dividends in 1 and in 8 currencies", async () => {
    const transfer = (count: number) =>
      costAfter(count, (shares, { accounts }) => gasOf(shares.transfer(accounts.carol, 10)));
    expect(await transfer(MANY), "OWN-04").to.equal(await transfer(1));
  });

  it("OWN-04 is the same for a transfer to who never had shares", async () => {
    const transfer = (count: number) =>
      costAfter(count, (shares, { accounts }) => gasOf(shares.transfer(accounts.dave, 10)));
    expect(await transfer(MANY), "OWN-04").to.equal(await transfer(1));
  });

  it("OWN-04 is the same for a transfer of everything, and by who is approved", async () => {
    const all = (count: number) =>
      costAfter(count, (shares, { accounts }) => gasOf(shares.transfer(accounts.dave, 590)));
    expect(await all(MANY), "OWN-04").to.equal(await all(1));
    const approved = (count: number) =>
      costAfter(count, async (shares, { accounts }) => {
        const { bob, carol, dave } = accounts;
        await shares.approve(dave, 100);
        return gasOf(shares.connect(dave).transferFrom(bob, carol, 10));
      });
    expect(await approved(MANY), "OWN-04").to.equal(await approved(1));
  });

  it("OWN-04 is dearer by what is written down, once, and not by what is claimed", async () => {
    const { shares, currencies, accounts } = await load();
    const { carol } = accounts;
    const before = await gasOf(shares.transfer(carol, 10));
    for (const currency of currencies) await shares.deposit(currency, EARNING);
    const first = await gasOf(shares.transfer(carol, 10));
    const second = await gasOf(shares.transfer(carol, 10));
    expect(first > before, "an entry each").to.equal(true);
    expect(second, "in the same epoch").to.equal(before);
    for (const currency of currencies) await shares.claim(currency, ALL);
    expect(await gasOf(shares.transfer(carol, 10))).to.equal(before);
  });

  it("R32 costs no more after a hundred proposals than after one", async () => {
    const costAfterProposals = async (count: number) => {
      const loaded = await load();
      const { shares, accounts } = loaded;
      for (let index = 0; index < count; ++index) await propose(loaded, shares, "Retire");
      return gasOf(shares.transfer(accounts.carol, 10));
    };
    const one = await costAfterProposals(1);
    expect((await costAfterProposals(100)) <= one).to.equal(true);
  });

  it("R31 lets a stranger's dust make a claim dearer by little, and put off, never stop it", async function () {
    // Code instrumented for coverage costs more.
    if (hre.globalOptions.coverage) this.skip();
    const { shares, currencies, accounts } = await load();
    const { bob, carol } = accounts;
    const [currency] = currencies;
    if (currency === undefined) throw new Error("no currency");
    for (let round = 0; round < 20; ++round) {
      await shares.deposit(currency, EARNING / 10n);
      await shares.transfer(carol, 1);
    }
    expect(await shares.entriesOf(carol)).to.equal(20n);
    const due = await shares.claimable(carol, currency);
    const one = await gasOf(shares.claimFor(carol, currency, 1));
    const rest = await gasOf(shares.claimFor(carol, currency, ALL));
    expect(rest < one + 19n * 10_000n).to.equal(true);
    expect(await currency.balanceOf(carol)).to.equal(due);
    expect(await shares.claimable(bob, currency)).to.not.equal(0n);
  });
});
