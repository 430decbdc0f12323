import { expect } from "chai";
import type { Provider } from "ethers";
import hre from "hardhat";

import { NATIVE } from "../../../scripts/lib/identity.js";
import {
  BLOCK_GAS,
  type ClaimPlan,
  type Payment,
  planClaims,
  totalsOf,
} from "../../../scripts/lib/ownership/claims.js";
import { RevenueCollector__factory } from "../../../typechain-types/index.js";
import { registerDevice } from "../../identity/fixture.js";
import { openOffering } from "../../ownership/fixture.js";
import { anotherMachine, earningMachine, owners, payPlainly } from "../../ownership/revenue.js";
import { fund } from "../../ownership/splitting.js";
import { failsWith } from "../data/failure.js";

describe("claiming from many machines", () => {
  /** Three machines, of each of which Bob has 600 shares in 1,000; two earned coin, two tokens. */
  const load = owners(async (its) => {
    const { accounts, revenueCollector, token } = its;
    const machines = [
      await earningMachine(its),
      await anotherMachine(its),
      await anotherMachine(its),
    ] as const;
    const [first, second, third] = machines;
    const tokens = await token.getAddress();
    await payPlainly(its, await first.revenueReceiver(), 1_000n);
    await payPlainly(its, await first.revenueReceiver(), 2_000n, tokens);
    await payPlainly(its, await second.revenueReceiver(), 500n);
    await third.connect(accounts.alice).deposit(token, 10n);
    const names = machines.map((machine) => machine.target as string);
    const currencies = [NATIVE, tokens];
    return {
      first: names[0] ?? "",
      second: names[1] ?? "",
      third: names[2] ?? "",
      machines,
      tokens,
      bob: accounts.bob.address,
      collector: revenueCollector.connect(accounts.stranger),
      all: names.map((shares) => ({ shares, currencies })),
    };
  });
  type Loaded = Awaited<ReturnType<typeof load>>;

  /** What Bob is to get: of three machines, less what the first and the third do not owe. */
  const dueIn = ({ first, second, third, tokens }: Loaded): Payment[] => [
    { shares: first, currency: NATIVE, amount: 480n },
    { shares: first, currency: tokens, amount: 960n },
    { shares: second, currency: NATIVE, amount: 240n },
    { shares: third, currency: tokens, amount: 6n },
  ];

  const paysOf = ({ transactions }: ClaimPlan): Payment[] =>
    transactions.flatMap(({ pays }) => pays);

  /** Has a stranger send all that was planned, and expects that Bob got what each was to pay. */
  async function send(loaded: Loaded, plan: ClaimPlan): Promise<void> {
    const { accounts, connection, token, tokens, bob } = loaded;
    const { ethers } = connection;
    for (const { transaction, pays } of plan.transactions) {
      const totals = totalsOf({ transactions: [{ transaction, pays }] });
      const sending = accounts.stranger.sendTransaction(transaction);
      await expect(sending).to.changeEtherBalance(ethers, bob, totals.get(NATIVE) ?? 0n);
      await expect(sending).to.changeTokenBalance(ethers, token, bob, totals.get(tokens) ?? 0n);
      const receipt = await (await sending).wait();
      expect(receipt?.gasUsed).to.be.at.most(transaction.gasLimit ?? 0n);
    }
  }

  it("takes one transaction for several machines and currencies, sent by anyone", async () => {
    const loaded = await load();
    const { collector, bob, all, second, third, tokens } = loaded;
    const plan = await planClaims(collector, bob, all);
    expect(plan.transactions).to.have.lengthOf(1);
    expect(paysOf(plan)).to.deep.equal(dueIn(loaded));
    expect(plan.leftOut).to.deep.equal([
      { shares: second, currency: tokens, reason: "nothing owed" },
      { shares: third, currency: NATIVE, reason: "nothing owed" },
    ]);
    expect(totalsOf(plan)).to.deep.equal(
      new Map([
        [NATIVE, 720n],
        [tokens, 966n],
      ]),
    );
    const [only] = plan.transactions;
    expect(only?.transaction.to).to.equal(collector.target);
    expect(only?.transaction.gasLimit).to.be.below(BLOCK_GAS);
    await send(loaded, plan);
  });

  it("names in the transaction what pays, and nothing else", async () => {
    const loaded = await load();
    const { collector, bob, all, first, second, third, tokens } = loaded;
    const plan = await planClaims(collector, bob, all);
    const data = plan.transactions[0]?.transaction.data ?? "";
    const [holder, items] = collector.interface.decodeFunctionData("collectFor", data);
    expect(holder).to.equal(bob);
    expect(items).to.deep.equal([
      [first, [NATIVE, tokens]],
      [second, [NATIVE]],
      [third, [tokens]],
    ]);
  });

  for (const part of [2n, 4n, 20n]) {
    it(`asks for enough gas where a node estimates 1/${part} of what it takes`, async () => {
      const loaded = await load();
      const { collector, bob, all, connection } = loaded;
      const { provider } = connection.ethers;
      const low: Provider = new Proxy<Provider>(provider, {
        get(target, name) {
          if (name === "provider") return low;
          if (name === "estimateGas") {
            return async (asked: Parameters<Provider["estimateGas"]>[0]) =>
              (await provider.estimateGas(asked)) / part;
          }
          const value: unknown = Reflect.get(target, name, target);
          return typeof value === "function" ? (value.bind(target) as unknown) : value;
        },
      });
      const address = await collector.getAddress();
      const plan = await planClaims(RevenueCollector__factory.connect(address, low), bob, all);
      expect(plan.transactions).to.have.lengthOf(1);
      expect(paysOf(plan)).to.deep.equal(dueIn(loaded));
      await send(loaded, plan);
    });
  }

  it("takes no transaction where nothing is owed", async () => {
    const loaded = await load();
    const { collector, accounts, all, bob } = loaded;
    const ofDave = await planClaims(collector, accounts.dave.address, all);
    expect(ofDave.transactions).to.deep.equal([]);
    expect(ofDave.leftOut.map(({ reason }) => reason)).to.deep.equal(
      Array.from({ length: 6 }, () => "nothing owed"),
    );
    expect(await planClaims(collector, bob, [])).to.deep.equal({ transactions: [], leftOut: [] });
    await send(loaded, await planClaims(collector, bob, all));
    expect((await planClaims(collector, bob, all)).transactions).to.deep.equal([]);
  });

  it("leaves out a currency that refuses to be paid", async () => {
    const loaded = await load();
    const { collector, bob, all, accounts, splitHub, connection, machines } = loaded;
    const refusing = await connection.ethers.deployContract("ReturnsFalseERC20");
    await fund(accounts, splitHub, refusing);
    await refusing.connect(accounts.alice).approve(machines[0], 1_000n);
    await refusing.accept(true);
    await machines[0].connect(accounts.alice).deposit(refusing, 1_000n);
    await refusing.accept(false);
    const hostile = await refusing.getAddress();
    const listed = all.map(({ shares, currencies }) => ({
      shares,
      currencies: [hostile, ...currencies],
    }));
    const plan = await planClaims(collector, bob, listed);
    expect(plan.transactions).to.have.lengthOf(1);
    expect(paysOf(plan)).to.deep.equal(dueIn(loaded));
    const { first, second, third } = loaded;
    const reasons = plan.leftOut.filter(({ currency }) => currency === hostile);
    expect(reasons).to.deep.equal([
      { shares: first, currency: hostile, reason: "cannot be paid" },
      { shares: second, currency: hostile, reason: "nothing owed" },
      { shares: third, currency: hostile, reason: "nothing owed" },
    ]);
    await send(loaded, plan);
  });

  it("leaves out who burns all gas, wherever he stands, and pays those behind him", async () => {
    const loaded = await load();
    const { collector, bob, all, accounts, connection, machines, first, tokens } = loaded;
    const payout = await connection.ethers.deployContract("GasBurningReceiver");
    await machines[0].connect(accounts.bob).setPayout(payout);
    await machines[0].connect(accounts.bob).collect(NATIVE);
    // Less than a block, only because it is burnt in a simulator, over and over.
    const plan = await planClaims(collector, bob, all, { gasLimit: 2_000_000n });
    expect(plan.transactions).to.have.lengthOf(1);
    expect(paysOf(plan)).to.deep.equal(dueIn(loaded).slice(1));
    expect(plan.leftOut[0]).to.deep.equal({
      shares: loaded.second,
      currency: tokens,
      reason: "nothing owed",
    });
    expect(plan.leftOut).to.deep.include({
      shares: first,
      currency: NATIVE,
      reason: "cannot be paid",
    });
    await machines[0].connect(accounts.bob).setPayout(bob);
    await send(loaded, plan);
  });

  it("leaves out what is no machine", async () => {
    const loaded = await load();
    const { collector, bob, all, accounts, tokens } = loaded;
    const { address: somebody } = accounts.carol;
    const wrong = [somebody, tokens].map((shares) => ({ shares, currencies: [NATIVE] }));
    const plan = await planClaims(collector, bob, [...wrong, ...all]);
    expect(plan.transactions).to.have.lengthOf(1);
    expect(paysOf(plan)).to.deep.equal(dueIn(loaded));
    for (const shares of [somebody, tokens]) {
      const reason = "cannot be paid";
      expect(plan.leftOut).to.deep.include({ shares, currency: NATIVE, reason });
    }
    await send(loaded, plan);
  });

  it("leaves out a machine that raises still", async () => {
    const loaded = await load();
    const { collector, bob } = loaded;
    const raising = await openOffering({ ...loaded, charger: await registerDevice(loaded) });
    const shares = await raising.getAddress();
    const plan = await planClaims(collector, bob, [{ shares, currencies: [NATIVE] }]);
    expect(plan).to.deep.equal({
      transactions: [],
      leftOut: [{ shares, currency: NATIVE, reason: "nothing owed" }],
    });
  });

  describe("is cut", () => {
    it("where a transaction would ask for more gas than it may, and pays the same", async () => {
      const loaded = await load();
      const { collector, bob, all } = loaded;
      const whole = await planClaims(collector, bob, all);
      const gas = whole.transactions[0]?.transaction.gasLimit ?? 0n;
      // A node's estimates differ by a little: see the halving below for the very edge.
      const enough = await planClaims(collector, bob, all, { gasLimit: (gas * 11n) / 10n });
      expect(enough.transactions).to.have.lengthOf(1);
      const gasLimit = (gas * 9n) / 10n;
      const plan = await planClaims(collector, bob, all, { gasLimit });
      expect(plan.transactions).to.have.lengthOf(2);
      expect(
        plan.transactions.map(({ pays }) => pays.length),
        "as many as fit",
      ).to.deep.equal([3, 1]);
      expect(paysOf(plan)).to.deep.equal(dueIn(loaded));
      for (const { transaction } of plan.transactions) {
        expect(transaction.gasLimit).to.be.at.most(gasLimit);
      }
      await send(loaded, plan);
    });

    it("where it would carry more than it may", async () => {
      const loaded = await load();
      const { collector, bob, all } = loaded;
      const whole = await planClaims(collector, bob, all);
      const data = whole.transactions[0]?.transaction.data ?? "";
      const calldata = (data.length - 2) / 2;
      const exact = await planClaims(collector, bob, all, { calldata });
      expect(exact.transactions, "exactly as much").to.have.lengthOf(1);
      const plan = await planClaims(collector, bob, all, { calldata: calldata - 1 });
      expect(plan.transactions.map(({ pays }) => pays.length)).to.deep.equal([3, 1]);
      expect(paysOf(plan)).to.deep.equal(dueIn(loaded));
      await send(loaded, plan);
    });

    it("and left out where not even one fits", async () => {
      const { collector, bob, all } = await load();
      const plan = await planClaims(collector, bob, all, { gasLimit: 30_000n });
      expect(plan.transactions).to.deep.equal([]);
      expect(plan.leftOut).to.have.lengthOf(6);
      // What is not brought in yet is not owed yet; the third machine's 6 tokens are.
      expect(plan.leftOut.at(-1)).to.deep.equal({
        shares: all[2]?.shares,
        currency: all[2]?.currencies[1],
        reason: "cannot be paid",
      });
    });
  });

  describe("of a long history", () => {
    /** Bob's history in the third machine: so many entries, each worth 60 wei. */
    async function age(loaded: Loaded, entries: number): Promise<void> {
      const { machines, accounts } = loaded;
      const [, , third] = machines;
      for (let n = 0; n < entries; ++n) {
        await third.connect(accounts.alice).deposit(NATIVE, 100n, { value: 100n });
        await third.connect(accounts.bob).transfer(accounts.dave, 1n);
        await third.connect(accounts.dave).transfer(accounts.bob, 1n);
      }
    }

    it("is claimed in several transactions that pay all", async function () {
      // Code instrumented for coverage costs more: not even one entry fits the limit.
      if (hre.globalOptions.coverage) this.skip();
      const loaded = await load();
      const { collector, bob, third, machines } = loaded;
      const machine = machines[2];
      await age(loaded, 40);
      expect(await machine.entriesOf(bob)).to.equal(40n);
      const owed = await machine.claimable(bob, NATIVE);
      expect(owed).to.equal(2_400n);
      const listed = [{ shares: third, currencies: [NATIVE] }];
      expect((await planClaims(collector, bob, listed)).transactions).to.have.lengthOf(1);
      const plan = await planClaims(collector, bob, listed, { gasLimit: 160_000n });
      expect(plan.leftOut).to.deep.equal([]);
      expect(plan.transactions.length).to.be.within(2, 39);
      for (const { transaction, pays } of plan.transactions) {
        expect(transaction.to).to.equal(third);
        expect(pays).to.have.lengthOf(1);
        expect(pays[0]?.amount).to.be.above(0n);
      }
      expect(totalsOf(plan)).to.deep.equal(new Map([[NATIVE, owed]]));
      await send(loaded, plan);
      expect(await machine.claimable(bob, NATIVE)).to.equal(0n);
    });

    it("is claimed after what waits at the hub is brought in", async () => {
      const loaded = await load();
      const { collector, bob, third, machines, accounts } = loaded;
      const machine = machines[2];
      await age(loaded, 40);
      await payPlainly(loaded, await machine.revenueReceiver(), 1_000n);
      await machine.collect(NATIVE);
      await payPlainly(loaded, await machine.revenueReceiver(), 1_000n);
      const listed = [{ shares: third, currencies: [NATIVE] }];
      const plan = await planClaims(collector, bob, listed, { gasLimit: 250_000n });
      const [first, ...rest] = plan.transactions;
      expect(first?.pays).to.deep.equal([]);
      const data = first?.transaction.data ?? "";
      expect(machine.interface.parseTransaction({ data })?.name).to.equal("collect");
      for (const { transaction } of [first, ...rest].filter((its) => its !== undefined)) {
        await accounts.stranger.sendTransaction(transaction);
      }
      expect(await machine.claimable(bob, NATIVE), "the 480 that were brought in too").to.equal(0n);
    });
  });

  describe("says what to do where", () => {
    it("an address is none", async () => {
      const { collector, all, bob, first } = await load();
      const advice = "give 0x and 40 hexadecimal digits";
      await failsWith(
        planClaims(collector, "bob", all),
        `"bob" is no address of the holder: ${advice}`,
      );
      const odd = [{ shares: "0x12", currencies: [NATIVE] }];
      await failsWith(
        planClaims(collector, bob, odd),
        `"0x12" is no address of a machine's shares: ${advice}`,
      );
      const coin = [{ shares: first, currencies: ["IOTX"] }];
      await failsWith(
        planClaims(collector, bob, coin),
        `"IOTX" is no address of a currency: ${advice}`,
      );
    });

    it("there is no collector, or no chain", async () => {
      const { collector, all, bob, accounts } = await load();
      const elsewhere = collector.attach(accounts.carol.address) as typeof collector;
      await failsWith(
        planClaims(elsewhere, bob, all),
        `There is no revenue collector at ${accounts.carol.address}: check address and network`,
      );
      const alone = RevenueCollector__factory.connect(await collector.getAddress());
      await failsWith(
        planClaims(alone, bob, all),
        "The revenue collector is not connected to a chain: connect it to a provider or a signer",
      );
    });

    it("the chain stops to answer, instead of leaving all out", async () => {
      const { collector, all, bob, connection } = await load();
      const { provider } = connection.ethers;
      let questions = 0;
      const dying: Provider = new Proxy<Provider>(provider, {
        get(target, name) {
          if (name === "provider") return dying;
          if (name === "estimateGas" || name === "getBlockNumber") {
            return async () => {
              questions++;
              throw new Error("connection refused");
            };
          }
          const value: unknown = Reflect.get(target, name, target);
          return typeof value === "function" ? (value.bind(target) as unknown) : value;
        },
      });
      const connected = RevenueCollector__factory.connect(await collector.getAddress(), dying);
      await failsWith(
        planClaims(connected, bob, all),
        "The chain does not answer: check the connection and plan the claims again",
      );
      expect(questions).to.equal(2);
    });
  });
});
