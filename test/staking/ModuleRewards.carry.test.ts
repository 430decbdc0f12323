import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { expect } from "chai";
import { parseEther } from "ethers";

import { NATIVE } from "../../scripts/lib/identity.js";
import type { MockERC20 } from "../../typechain-types/index.js";
import { COIN, pass, pools, registerOperator, stake } from "./fixture.js";
import { claimableOf, claimFor, fund, leave, progressOf, tokenOf } from "./rewards.js";

/** One, two and four of seven parts: nearly nothing divides without a rest. */
const PARTS = [1n, 2n, 4n] as const;
const SEVEN = 7n;
const FRACTION = 96n;

describe("ModuleRewards: what division leaves", () => {
  const load = pools(async (its) => {
    const { bob, carol, dave } = its.accounts;
    const operator = await registerOperator(its, { bond: 0n, commissionBps: 0 });
    const stakers = [bob, carol, dave];
    for (const [index, part] of PARTS.entries()) {
      await stake(its, stakers[index] as HardhatEthersSigner, operator, part * 1_000n * COIN);
    }
    await pass(its);
    return { operator, stakers, whole: await tokenOf(its, 0), cents: await tokenOf(its, 6) };
  });
  type Loaded = Awaited<ReturnType<typeof load>>;

  const claimAll = async (its: Loaded, token: MockERC20): Promise<bigint[]> => {
    const claims: bigint[] = [];
    for (const who of its.stakers) claims.push(await claimFor(its, its.operator, token, who));
    return claims;
  };

  /** What each is owed of `amount`, in whole units. */
  const due = (amount: bigint): bigint[] => PARTS.map((part) => (part * amount) / SEVEN);

  it("R16 loses nothing of many single units of a currency without decimals", async () => {
    const its = await load();
    const { operator, whole } = its;
    for (let index = 0; index < 50; ++index) await fund(its, operator, whole, 1n);
    await pass(its);
    expect(await claimAll(its, whole), "R16").to.deep.equal(due(50n));
  });

  it("R16 loses nothing of single units that come in an epoch each, whoever claims how often", async () => {
    const its = await load();
    const { operator, whole, stakers } = its;
    const [bob, carol, dave] = stakers as [
      HardhatEthersSigner,
      HardhatEthersSigner,
      HardhatEthersSigner,
    ];
    const sums = [0n, 0n, 0n] as [bigint, bigint, bigint];
    for (let index = 0; index < 23; ++index) {
      await fund(its, operator, whole, 1n);
      await pass(its);
      sums[0] += await claimFor(its, operator, whole, bob);
      if (index % 5 === 0) sums[1] += await claimFor(its, operator, whole, carol);
    }
    sums[1] += await claimFor(its, operator, whole, carol);
    sums[2] += await claimFor(its, operator, whole, dave);
    expect(sums, "R16").to.deep.equal(due(23n));
  });

  it("R16 loses nothing of small sums of a currency of 6 decimals beside a stake of 7,000 coins", async () => {
    const its = await load();
    const { operator, cents } = its;
    let total = 0n;
    for (let index = 0n; index < 12n; ++index) {
      const amount = 3n + index * index;
      total += amount;
      await fund(its, operator, cents, amount);
      if (index % 3n === 0n) await pass(its);
    }
    await pass(its);
    expect(await claimAll(its, cents), "R16").to.deep.equal(due(total));
  });

  it("keeps of a unit what is not whole yet, and pays it when it is", async () => {
    const its = await load();
    const { operator, whole, stakers } = its;
    const dave = stakers[2] as HardhatEthersSigner;
    await fund(its, operator, whole, 1n);
    await pass(its);
    expect(await claimFor(its, operator, whole, dave)).to.equal(0n);
    const { carry } = await progressOf(its, operator, whole, dave);
    // Four sevenths of a unit, less what the division of the unit by the shares leaves.
    const exact = (4n << FRACTION) / SEVEN;
    const rest = 4_000n * COIN;
    expect(carry <= exact && carry > exact - rest).to.equal(true);
    await fund(its, operator, whole, 1n);
    expect(await claimableOf(its, operator, whole, dave)).to.deep.equal([0n, 0n]);
    await pass(its);
    // 4/7 and 4/7: neither is a unit, both are.
    expect(await claimableOf(its, operator, whole, dave)).to.deep.equal([1n, 0n]);
    expect(await claimFor(its, operator, whole, dave)).to.equal(1n);
    const left = (await progressOf(its, operator, whole, dave)).carry;
    expect(left < (1n << FRACTION) / SEVEN && left > (1n << FRACTION) / SEVEN - 2n * rest).to.equal(
      true,
    );
  });

  it("keeps it through a change of stake, and apart for every currency", async () => {
    const its = await load();
    const { operator, whole, cents, stakers } = its;
    const dave = stakers[2] as HardhatEthersSigner;
    await fund(its, operator, whole, 1n);
    await fund(its, operator, cents, 1n);
    await leave(its, dave, operator);
    await pass(its);
    expect(await claimFor(its, operator, whole, dave)).to.equal(0n);
    await stake(its, dave, operator, 4_000n * COIN);
    await pass(its);
    await fund(its, operator, whole, 1n);
    await pass(its);
    expect(await claimFor(its, operator, whole, dave)).to.equal(1n);
    expect(await claimFor(its, operator, cents, dave)).to.equal(0n);
    expect(await claimFor(its, operator, whole, dave)).to.equal(0n);
  });

  it("counts what the division by the shares of one epoch left in the next, among other shares", async () => {
    const its = await load();
    const { operator, whole, stakers, accounts } = its;
    const total = 6_007n * COIN + 13n;
    for (const who of stakers) await leave(its, who, operator);
    await stake(its, accounts.erin, operator, total);
    await pass(its);
    // Erin has every share now: but for one unit that is not whole, all must come to her.
    for (let index = 0; index < 9; ++index) await fund(its, operator, whole, 1n);
    await pass(its);
    await stake(its, accounts.erin, operator, 3n * COIN + 1n);
    expect(await claimFor(its, operator, whole, accounts.erin)).to.equal(8n);
    const { carry } = await progressOf(its, operator, whole, accounts.erin);
    expect((1n << FRACTION) - carry, "short by the last rest alone").to.be.lessThan(total);
    await fund(its, operator, whole, 1n);
    await pass(its);
    expect(await claimFor(its, operator, whole, accounts.erin)).to.equal(1n);
  });

  for (const decimals of [0, 6, 18, 24]) {
    it(`STK-11 pays never more than was funded, and all but what is not whole, with ${decimals} decimals`, async () => {
      const its = await load();
      const { operator, stakers, moduleRewards } = its;
      const token = await tokenOf(its, decimals);
      let [funded, paid] = [0n, 0n];
      for (let round = 1n; round <= 8n; ++round) {
        const amount = (round * 10n ** BigInt(decimals)) / 3n + 1n;
        await fund(its, operator, token, amount);
        funded += amount;
        await pass(its);
        const claims = await claimAll(its, token);
        paid += claims.reduce((sum, claim) => sum + claim, 0n);
        expect(await token.balanceOf(moduleRewards), "STK-11").to.equal(funded - paid);
      }
      const claimants = BigInt(stakers.length);
      expect(funded - paid >= 0n && funded - paid <= claimants, "STK-11").to.equal(true);
    });
  }

  it("STK-11 leaves of coin what is owed and no more", async () => {
    const its = await load();
    const { operator, stakers, moduleRewards } = its;
    const amount = parseEther("1") + 7n;
    await fund(its, operator, NATIVE, amount);
    const rest = amount - (amount * 500n) / 10_000n;
    await pass(its);
    let paid = 0n;
    for (const who of stakers) paid += await claimFor(its, operator, NATIVE, who);
    const { provider } = its.connection.ethers;
    expect(await provider.getBalance(moduleRewards), "STK-11").to.equal(rest - paid);
    expect(rest - paid <= 3n, "STK-11").to.equal(true);
  });

  it("STK-11 holds when there are fewer shares in the next epoch", async () => {
    const its = await load();
    const { operator, whole, stakers } = its;
    await fund(its, operator, whole, 700n);
    const [bob] = stakers as [HardhatEthersSigner];
    await leave(its, bob, operator, 999n * COIN);
    await pass(its);
    await fund(its, operator, whole, 6_001n);
    await pass(its);
    const claims = await claimAll(its, whole);
    const exact = [100n + 1n, 200n + 2_000n, 400n + 4_000n];
    for (const [index, claim] of claims.entries()) {
      const short = (exact[index] ?? 0n) - claim;
      expect(short === 0n || short === 1n, "STK-11").to.equal(true);
    }
  });

  it("tells as claimable what a claim then pays", async () => {
    const its = await load();
    const { operator, whole, stakers } = its;
    for (let index = 0; index < 4; ++index) {
      await fund(its, operator, whole, 5n);
      await pass(its);
    }
    for (const who of stakers) {
      const [claimable] = await claimableOf(its, operator, whole, who);
      expect(await claimFor(its, operator, whole, who)).to.equal(claimable);
    }
  });
});
