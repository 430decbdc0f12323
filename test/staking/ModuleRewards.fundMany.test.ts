import { expect } from "chai";
import { parseEther } from "ethers";

import { NATIVE } from "../../scripts/lib/identity.js";
import { eventsOf } from "../identity/registry.js";
import { pass, pools, registerModule, registerOperator, stake } from "./fixture.js";
import { claimableOf, earning, fund, PLAIN, UNIT } from "./rewards.js";

const HUNDRED = parseEther("100");
const MOST = 2n ** 128n - 1n;

describe("ModuleRewards: funding many operators at once", () => {
  /** Alice's operator and Frank's, both with four units of stake; Frank's has no bond and no cut. */
  const load = pools(async (its) => {
    const { accounts, moduleRewards } = its;
    const first = await earning(its, { bond: UNIT });
    const other = await registerOperator(its, {
      owner: accounts.frank,
      bond: 0n,
      commissionBps: 0,
    });
    await stake(its, accounts.dave, other, 4n * UNIT);
    const module = await registerModule(its);
    const epoch = await pass(its);
    return { ...first, other, module, epoch, asGrace: moduleRewards.connect(accounts.grace) };
  });
  type Loaded = Awaited<ReturnType<typeof load>>;
  const partsOf = ({ operator, other }: Loaded, amount: bigint, otherAmount: bigint) => [
    { operator, amount },
    { operator: other, amount: otherAmount },
  ];

  it("gives each operator what was named for him, and burns a twentieth of all, once", async () => {
    const its = await load();
    const { asGrace, moduleRewards, iotxBurner, operator, other, module, epoch } = its;
    const { accounts, connection } = its;
    const { grace, bob, dave } = accounts;
    const total = 3n * HUNDRED;
    const funding = asGrace.fundMany(module, NATIVE, partsOf(its, HUNDRED, 2n * HUNDRED), {
      value: total,
    });
    await expect(funding).to.changeEtherBalances(
      connection.ethers,
      [grace, moduleRewards, iotxBurner],
      [-total, parseEther("285"), parseEther("15")],
    );
    const told = (who: bigint, amount: bigint, burned: string, credit: string) => [
      "Funded",
      module,
      who,
      NATIVE,
      epoch,
      grace.address,
      amount,
      parseEther(burned),
      parseEther(credit),
    ];
    expect(await eventsOf(moduleRewards, funding)).to.deep.equal([
      told(operator, HUNDRED, "5", "26.6"),
      told(other, 2n * HUNDRED, "10", "0"),
      ["unknown", iotxBurner.target],
    ]);
    expect(await moduleRewards.creditOf(operator, NATIVE)).to.equal(parseEther("26.6"));
    expect(await moduleRewards.creditOf(other, NATIVE)).to.equal(0n);
    const running = async (who: bigint, account: typeof bob) =>
      (await claimableOf(its, who, NATIVE, account))[1];
    expect(await running(operator, bob)).to.equal(parseEther("17.1"));
    expect(await running(other, dave)).to.equal(parseEther("190"));
  });

  it("takes a token in one transfer and burns none of it", async () => {
    const its = await load();
    const { asGrace, moduleRewards, token, operator, other, accounts, connection } = its;
    const { grace } = accounts;
    const funding = asGrace.fundMany(PLAIN, token, partsOf(its, HUNDRED, 2n * HUNDRED));
    await expect(funding).to.changeTokenBalances(
      connection.ethers,
      token,
      [grace, moduleRewards],
      [-3n * HUNDRED, 3n * HUNDRED],
    );
    const events = await eventsOf(moduleRewards, funding);
    expect(events.map(([name]) => name)).to.deep.equal(["unknown", "Funded", "Funded"]);
    expect(events.slice(1).map((event) => event.slice(6))).to.deep.equal([
      [HUNDRED, 0n, parseEther("28")],
      [2n * HUNDRED, 0n, 0n],
    ]);
    expect(await moduleRewards.creditOf(operator, token)).to.equal(parseEther("28"));
    expect(await moduleRewards.creditOf(other, token)).to.equal(0n);
  });

  it("is the same as one after another", async () => {
    const its = await load();
    const { asGrace, moduleRewards, operator, other, token, accounts } = its;
    const parts = partsOf(its, 1_000_003n, 999_999_937n);
    await asGrace.fundMany(PLAIN, token, parts);
    const state = async () => ({
      credits: [
        await moduleRewards.creditOf(operator, token),
        await moduleRewards.creditOf(other, token),
      ],
      claims: [
        await claimableOf(its, operator, token, accounts.bob),
        await claimableOf(its, operator, token, accounts.carol),
        await claimableOf(its, other, token, accounts.dave),
      ],
    });
    const together = await state();
    const again = await load();
    for (const { operator: who, amount } of parts) await fund(again, who, again.token, amount);
    expect(await state()).to.deep.equal(together);
  });

  it("burns of every part what is burned of it alone, to the wei", async () => {
    const its = await load();
    const { asGrace, moduleRewards, iotxBurner } = its;
    const parts = partsOf(its, 19n, 39n);
    const funding = asGrace.fundMany(PLAIN, NATIVE, parts, { value: 58n });
    const events = await eventsOf(moduleRewards, funding);
    expect(events.slice(0, 2).map((event) => event[7])).to.deep.equal([0n, 1n]);
    expect(await iotxBurner.burnedBy(moduleRewards)).to.equal(1n);
  });

  it("takes the same operator twice", async () => {
    const its = await load();
    const { asGrace, operator, other, token, accounts } = its;
    const one = { operator: other, amount: HUNDRED };
    await asGrace.fundMany(PLAIN, token, [one, { operator, amount: 7n }, one]);
    const [, running] = await claimableOf(its, other, token, accounts.dave);
    expect(running).to.equal(2n * HUNDRED);
  });

  it("adds up amounts that no single one may reach", async () => {
    const its = await load();
    const { asGrace, moduleRewards, token, other, accounts } = its;
    await asGrace.fundMany(PLAIN, token, partsOf(its, MOST, MOST));
    expect(await token.balanceOf(moduleRewards)).to.equal(2n * MOST);
    expect((await claimableOf(its, other, token, accounts.dave))[1]).to.equal(MOST);
  });

  it("takes nothing for nobody", async () => {
    const { asGrace, moduleRewards, token } = await load();
    for (const currency of [NATIVE, token]) {
      const events = await eventsOf(moduleRewards, asGrace.fundMany(PLAIN, currency, []));
      expect(events.filter(([name]) => name !== "unknown")).to.deep.equal([]);
    }
    await expect(asGrace.fundMany(PLAIN, NATIVE, [], { value: 1n }))
      .to.be.revertedWithCustomError(moduleRewards, "CurrencyWrongValue")
      .withArgs(0n, 1n);
  });

  for (const off of [-1n, 1n]) {
    it(`refuses ${off < 0n ? "less" : "more"} coin than the sum`, async () => {
      const its = await load();
      const { asGrace, moduleRewards } = its;
      const sent = 3n * HUNDRED + off;
      const parts = partsOf(its, HUNDRED, 2n * HUNDRED);
      await expect(asGrace.fundMany(PLAIN, NATIVE, parts, { value: sent }))
        .to.be.revertedWithCustomError(moduleRewards, "CurrencyWrongValue")
        .withArgs(3n * HUNDRED, sent);
    });
  }

  it("refuses coin beside a token", async () => {
    const its = await load();
    const { asGrace, moduleRewards, token } = its;
    await expect(asGrace.fundMany(PLAIN, token, partsOf(its, 1n, 1n), { value: 2n }))
      .to.be.revertedWithCustomError(moduleRewards, "CurrencyWrongValue")
      .withArgs(0n, 2n);
  });

  it("refuses a module that does not exist", async () => {
    const its = await load();
    const { asGrace, moduleRewards, module, token } = its;
    await expect(asGrace.fundMany(module + 1n, token, partsOf(its, 1n, 1n)))
      .to.be.revertedWithCustomError(moduleRewards, "ModuleRewardsUnknownModule")
      .withArgs(module + 1n);
  });

  it("refuses nothing as one of the amounts", async () => {
    const its = await load();
    const { asGrace, moduleRewards, token } = its;
    for (const parts of [partsOf(its, 0n, 1n), partsOf(its, 1n, 0n)]) {
      await expect(asGrace.fundMany(PLAIN, token, parts))
        .to.be.revertedWithCustomError(moduleRewards, "ModuleRewardsMissingAmount")
        .withArgs();
    }
  });

  it("R28 refuses all if there is nobody for one part, and takes nothing", async () => {
    const its = await load();
    const { asGrace, moduleRewards, token, operator, epoch, accounts } = its;
    const empty = await registerOperator(its, { owner: accounts.heidi });
    const before = await token.balanceOf(accounts.grace);
    const parts = [
      { operator, amount: HUNDRED },
      { operator: empty, amount: HUNDRED },
    ];
    await expect(asGrace.fundMany(PLAIN, token, parts), "R28")
      .to.be.revertedWithCustomError(moduleRewards, "ModuleRewardsNobodyEarns")
      .withArgs(empty, epoch);
    expect(await token.balanceOf(accounts.grace), "R28").to.equal(before);
    expect(await moduleRewards.creditOf(operator, token)).to.equal(0n);
  });
});
