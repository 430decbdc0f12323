import { expect } from "chai";

import { NATIVE } from "../../scripts/lib/identity.js";
import { registerDevice } from "../identity/fixture.js";
import { openOffering } from "./fixture.js";
import {
  anotherMachine,
  earningMachine,
  owners,
  payPlainly,
  skippedIn,
  splitTermsOf,
} from "./revenue.js";
import { fund } from "./splitting.js";

describe("RevenueCollector", () => {
  /** Two machines, of each of which Bob has 600 shares in 1,000 and Carol 400. */
  const load = owners(async (its) => {
    const charger = await earningMachine(its);
    const mower = await anotherMachine(its);
    const { accounts, revenueCollector, token } = its;
    const { bob, carol } = accounts;
    return {
      charger: charger.connect(accounts.relayer),
      mower: mower.connect(accounts.relayer),
      collector: revenueCollector.connect(accounts.stranger),
      tokens: await token.getAddress(),
      bob: bob.address,
      carol: carol.address,
      both: [
        { shares: charger, currencies: [NATIVE, token] },
        { shares: mower, currencies: [NATIVE, token] },
      ],
    };
  });
  type Loaded = Awaited<ReturnType<typeof load>>;

  /** The charger earned 1,000 and 2,000 in coin and tokens at its receiver, the mower 500 wei and nothing. */
  async function earn(loaded: Loaded): Promise<void> {
    const { charger, mower, tokens } = loaded;
    await payPlainly(loaded, await charger.revenueReceiver(), 1_000n);
    await payPlainly(loaded, await charger.revenueReceiver(), 2_000n, tokens);
    await payPlainly(loaded, await mower.revenueReceiver(), 500n);
  }

  /** The collector has nothing of any currency. */
  async function isEmpty({ collector, token, connection }: Loaded): Promise<void> {
    expect(await connection.ethers.provider.getBalance(collector)).to.equal(0n);
    expect(await token.balanceOf(collector)).to.equal(0n);
  }

  it("pays a holder all that he is owed, by anybody's hand, and tells what", async () => {
    const loaded = await load();
    const { collector, both, bob, carol, connection, token } = loaded;
    await earn(loaded);
    expect(await collector.collectFor.staticCall(bob, both)).to.deep.equal([
      [480n, 960n],
      [240n, 0n],
    ]);
    const collecting = collector.collectFor(bob, both);
    const { ethers } = connection;
    await expect(collecting).to.changeEtherBalances(ethers, [bob, carol], [720n, 0n]);
    await expect(collecting).to.changeTokenBalances(ethers, token, [bob, carol], [960n, 0n]);
    expect(await skippedIn(collector, collecting)).to.deep.equal([]);
    await isEmpty(loaded);
  });

  it("leaves the others theirs, and pays a second time only what came in since", async () => {
    const loaded = await load();
    const { collector, both, charger, bob, carol } = loaded;
    await earn(loaded);
    await collector.collectFor(bob, both);
    expect(await collector.collectFor.staticCall(bob, both), "R21").to.deep.equal([
      [0n, 0n],
      [0n, 0n],
    ]);
    expect(await collector.collectFor.staticCall(carol, both)).to.deep.equal([
      [320n, 640n],
      [160n, 0n],
    ]);
    await payPlainly(loaded, await charger.revenueReceiver(), 100n);
    expect(await collector.collectFor.staticCall(bob, both)).to.deep.equal([
      [48n, 0n],
      [0n, 0n],
    ]);
  });

  it("brings in what came each way: to the receiver, into the split, to the shares, and as a dividend", async () => {
    const loaded = await load();
    const { collector, charger, splitHub, accounts, bob } = loaded;
    const { alice } = accounts;
    await payPlainly(loaded, await charger.revenueReceiver(), 1_000n);
    const id = await splitHub.idOf(await splitTermsOf(charger, alice));
    await splitHub.connect(alice).deposit(id, NATIVE, 1_000n, { value: 1_000n });
    await alice.sendTransaction({ to: charger, value: 100n });
    await charger.connect(alice).deposit(NATIVE, 10n, { value: 10n });
    const items = [{ shares: charger, currencies: [NATIVE] }];
    // 60 % of (80 % of 2,000) + 100 + 10.
    expect(await collector.collectFor.staticCall(bob, items)).to.deep.equal([[1_026n]]);
  });

  it("pays to the holder's payout", async () => {
    const loaded = await load();
    const { collector, both, charger, bob, accounts, connection } = loaded;
    await earn(loaded);
    await charger.connect(accounts.bob).setPayout(accounts.maker);
    // The mower pays him himself: a payout is a machine's.
    await expect(collector.collectFor(bob, both)).to.changeEtherBalances(
      connection.ethers,
      [bob, accounts.maker, accounts.stranger],
      [240n, 480n, 0n],
    );
    await isEmpty(loaded);
  });

  it("pays nobody who holds nothing, and does nothing for nothing", async () => {
    const loaded = await load();
    const { collector, both, accounts } = loaded;
    await earn(loaded);
    expect(await collector.collectFor.staticCall(accounts.dave, both)).to.deep.equal([
      [0n, 0n],
      [0n, 0n],
    ]);
    expect(await collector.collectFor.staticCall(accounts.bob, [])).to.deep.equal([]);
    const none = [{ shares: loaded.charger, currencies: [] }];
    expect(await collector.collectFor.staticCall(accounts.bob, none)).to.deep.equal([[]]);
  });

  it("pays once what is asked for twice", async () => {
    const loaded = await load();
    const { collector, charger, bob } = loaded;
    await earn(loaded);
    const twice = { shares: charger, currencies: [NATIVE, NATIVE] };
    expect(await collector.collectFor.staticCall(bob, [twice, twice]), "R21").to.deep.equal([
      [480n, 0n],
      [0n, 0n],
    ]);
  });

  describe("passes over, and says so,", () => {
    it("R30 a currency that fails in every way, and pays all others", async () => {
      const loaded = await load();
      const { collector, charger, mower, bob, accounts, splitHub, connection, tokens } = loaded;
      await earn(loaded);
      const refusing = await connection.ethers.deployContract("ReturnsFalseERC20");
      await fund(accounts, splitHub, refusing);
      await refusing.connect(accounts.alice).approve(charger, 1_000n);
      await refusing.accept(true);
      await charger.connect(accounts.alice).deposit(refusing, 1_000n);
      await refusing.mint(await charger.revenueReceiver(), 1_000n);
      await refusing.mint(await mower.revenueReceiver(), 500n);
      await refusing.accept(false);
      const address = await refusing.getAddress();
      const items = [
        { shares: charger, currencies: [NATIVE, address, tokens] },
        { shares: mower, currencies: [address, NATIVE] },
      ];
      expect(await collector.collectFor.staticCall(bob, items)).to.deep.equal([
        [480n, 0n, 960n],
        [0n, 240n],
      ]);
      const collecting = collector.collectFor(bob, items);
      await expect(collecting).to.changeEtherBalance(connection.ethers, bob, 720n);
      expect(await skippedIn(collector, collecting), "R30").to.deep.equal([
        [charger.target, address, bob], // cannot be brought in
        [charger.target, address, bob], // cannot be paid
        [mower.target, address, bob], // cannot be brought in; nothing is owed
      ]);
      expect(await charger.claimable(bob, address), "stays due").to.equal(600n);
      await refusing.accept(true);
      expect(await collector.collectFor.staticCall(bob, items)).to.deep.equal([
        [0n, 1_080n, 0n],
        [240n, 0n],
      ]);
    });

    it("nothing where there is nothing: a currency that refuses is not even asked", async () => {
      const loaded = await load();
      const { collector, charger, mower, bob, connection } = loaded;
      await earn(loaded);
      const refusing = await connection.ethers.deployContract("ReturnsFalseERC20");
      const address = await refusing.getAddress();
      const items = [charger, mower].map((shares) => ({ shares, currencies: [address, NATIVE] }));
      expect(await collector.collectFor.staticCall(bob, items)).to.deep.equal([
        [0n, 480n],
        [0n, 240n],
      ]);
      expect(await skippedIn(collector, collector.collectFor(bob, items)), "R30").to.deep.equal([]);
    });

    it("what is stuck at the hub, and pays what came before it", async () => {
      const loaded = await load();
      const { collector, charger, token, tokens, bob, accounts } = loaded;
      await charger.connect(accounts.alice).deposit(token, 1_000n);
      await token.mint(await charger.revenueReceiver(), 2n ** 128n);
      const items = [{ shares: charger, currencies: [tokens] }];
      expect(await collector.collectFor.staticCall(bob, items)).to.deep.equal([[600n]]);
      const collecting = collector.collectFor(bob, items);
      const { ethers } = loaded.connection;
      await expect(collecting).to.changeTokenBalance(ethers, token, bob, 600n);
      expect(await skippedIn(collector, collecting)).to.deep.equal([[charger.target, tokens, bob]]);
    });

    it("R30 a payout that refuses, which harms no other holder", async () => {
      const loaded = await load();
      const { collector, charger, both, bob, carol, accounts, tokens, connection } = loaded;
      await earn(loaded);
      const payout = await connection.ethers.deployContract("RevertingReceiver");
      await charger.connect(accounts.bob).setPayout(payout);
      const collecting = collector.collectFor(bob, both);
      const { ethers } = connection;
      await expect(collecting).to.changeEtherBalances(ethers, [bob, payout], [240n, 0n]);
      expect(await skippedIn(collector, collecting)).to.deep.equal([[charger.target, NATIVE, bob]]);
      expect(await loaded.token.balanceOf(payout), "in tokens he is paid").to.equal(960n);
      expect(await charger.claimable(bob, NATIVE), "brought in, and due").to.equal(480n);
      expect(await charger.claimable(bob, tokens)).to.equal(0n);
      await expect(collector.collectFor(carol, both)).to.changeEtherBalance(ethers, carol, 480n);
    });

    it("R30 a payout that burns all gas, and pays what comes before it", async () => {
      const loaded = await load();
      const { collector, charger, mower, bob, accounts, connection } = loaded;
      await earn(loaded);
      const payout = await connection.ethers.deployContract("GasBurningReceiver");
      await mower.connect(accounts.bob).setPayout(payout);
      const items = [charger, mower].map((shares) => ({ shares, currencies: [NATIVE] }));
      const collecting = collector.collectFor(bob, items, { gasLimit: 5_000_000 });
      await expect(collecting).to.changeEtherBalances(connection.ethers, [bob, payout], [480n, 0n]);
      expect(await skippedIn(collector, collecting)).to.deep.equal([[mower.target, NATIVE, bob]]);
    });

    it("a machine that is not sealed, to which somebody sent coin", async () => {
      const loaded = await load();
      const { collector, charger, bob, accounts, splitHub } = loaded;
      await earn(loaded);
      const raising = await openOffering({ ...loaded, charger: await registerDevice(loaded) });
      const items = [raising, charger].map((shares) => ({ shares, currencies: [NATIVE] }));
      expect(await collector.collectFor.staticCall(bob, items)).to.deep.equal([[0n], [480n]]);
      await payPlainly(loaded, await raising.revenueReceiver(), 10n);
      await payPlainly(loaded, raising, 10n);
      const collecting = collector.collectFor(bob, items);
      expect(await skippedIn(collector, collecting)).to.deep.equal([[raising.target, NATIVE, bob]]);
      expect(await raising.heldOf(NATIVE)).to.equal(0n);
      const id = await splitHub.idOf(await splitTermsOf(raising, accounts.alice));
      expect((await splitHub.potOf(id, NATIVE)).cumulative, "waits").to.equal(0n);
      expect(await charger.claimable(accounts.carol, NATIVE)).to.equal(320n);
    });

    it("a holder who collects again while he is paid, who is paid once", async () => {
      const loaded = await load();
      const { collector, charger, bob, accounts, connection } = loaded;
      await earn(loaded);
      const payout = await connection.ethers.deployContract("ReentrantReceiver");
      await charger.connect(accounts.bob).setPayout(payout);
      const items = [{ shares: await charger.getAddress(), currencies: [NATIVE] }];
      const again = collector.interface.encodeFunctionData("collectFor", [bob, items]);
      await payout.arm(collector, again);
      const collecting = collector.collectFor(bob, items);
      await expect(collecting).to.changeEtherBalance(connection.ethers, payout, 480n);
      expect(await payout.succeeded()).to.equal(true);
      const [inner] = collector.interface.decodeFunctionResult("collectFor", await payout.result());
      expect(inner, "R21").to.deep.equal([[0n]]);
      const skipped = [charger.target, NATIVE, bob];
      expect(await skippedIn(collector, collecting), "by the inner call").to.deep.equal([
        skipped,
        skipped,
      ]);
      await isEmpty(loaded);
    });
  });
});
