import { expect } from "chai";

import { NATIVE } from "../../scripts/lib/identity.js";
import { ALL, workingMachine } from "./fixture.js";
import { coinOf, EARNING, machines } from "./machine.js";

describe("MachineShares: re-entered", () => {
  /** A holder that calls back when coin comes, and a token that calls when it moves. */
  const load = machines(async (its) => {
    const { connection, accounts } = its;
    const { ethers } = connection;
    const shares = await workingMachine(its);
    const holder = await ethers.deployContract("ReentrantReceiver");
    const hooked = await ethers.deployContract("HookedERC20");
    await shares.transfer(holder, 300);
    await hooked.mint(accounts.bob, 10n * EARNING);
    await hooked.connect(accounts.bob).approve(shares, ALL);
    return { shares, holder, hooked, codec: shares.interface };
  });
  type Loaded = Awaited<ReturnType<typeof load>>;

  /** Everything that moves money, called by whoever is being paid. */
  const CALLS: Record<string, (loaded: Loaded) => string> = {
    deposit: ({ codec, hooked }) => codec.encodeFunctionData("deposit", [hooked.target, 1]),
    sync: ({ codec, hooked }) => codec.encodeFunctionData("sync", [hooked.target]),
    collect: ({ codec }) => codec.encodeFunctionData("collect", [NATIVE]),
    sweepAccount: ({ codec }) => codec.encodeFunctionData("sweepAccount", [NATIVE]),
    claim: ({ codec }) => codec.encodeFunctionData("claim", [NATIVE, ALL]),
    claimMany: ({ codec }) => codec.encodeFunctionData("claimMany", [[NATIVE], ALL]),
    claimFor: ({ codec, holder }) =>
      codec.encodeFunctionData("claimFor", [holder.target, NATIVE, ALL]),
    unwrap: ({ codec, holder }) => codec.encodeFunctionData("unwrap", [holder.target]),
  };

  /** The inner call was made, and the lock refused it. */
  async function locked({ codec }: Loaded, made: Pick<Loaded["holder"], "succeeded" | "result">) {
    expect(await made.succeeded()).to.equal(false);
    const error = codec.getError("ReentrancyGuardReentrantCall");
    expect(await made.result()).to.equal(error?.selector);
  }

  for (const [name, dataOf] of Object.entries(CALLS)) {
    it(`R21 refuses ${name} while a claim pays coin`, async () => {
      const loaded = await load();
      const { shares, holder } = loaded;
      await shares.deposit(NATIVE, EARNING, { value: EARNING });
      await holder.arm(shares, dataOf(loaded));
      await shares.claimFor(holder, NATIVE, ALL);
      await locked(loaded, holder);
      expect(await coinOf(loaded, holder)).to.equal(300n);
      expect(await shares.heldOf(NATIVE)).to.equal(700n);
    });

    it(`R21 refuses ${name} while a holder's own claims pay coin`, async () => {
      const loaded = await load();
      const { shares, holder, codec } = loaded;
      await shares.deposit(NATIVE, EARNING, { value: EARNING });
      for (const claim of [
        codec.encodeFunctionData("claim", [NATIVE, ALL]),
        codec.encodeFunctionData("claimMany", [[NATIVE], ALL]),
      ]) {
        await holder.arm(shares, dataOf(loaded));
        await holder.execute(shares, claim);
        await locked(loaded, holder);
        await shares.deposit(NATIVE, EARNING, { value: EARNING });
      }
      expect(await coinOf(loaded, holder)).to.equal(600n);
    });

    it(`refuses ${name} while a token is deposited`, async () => {
      const loaded = await load();
      const { shares, hooked } = loaded;
      await hooked.arm(shares, dataOf(loaded));
      await shares.deposit(hooked, EARNING);
      await locked(loaded, hooked);
      expect(await shares.heldOf(hooked)).to.equal(EARNING);
    });

    it(`refuses ${name} while a token is claimed`, async () => {
      const loaded = await load();
      const { shares, hooked, accounts } = loaded;
      await shares.deposit(hooked, EARNING);
      await hooked.arm(shares, dataOf(loaded));
      await shares.claimFor(accounts.carol, hooked, ALL);
      await locked(loaded, hooked);
      expect(await hooked.balanceOf(accounts.carol)).to.equal(400n);
    });

    it(`refuses ${name} while the wallet is swept`, async () => {
      const loaded = await load();
      const { shares, hooked, deviceRegistry, charger } = loaded;
      await hooked.mint(await deviceRegistry.accountOf(charger.deviceId), EARNING);
      await hooked.arm(shares, dataOf(loaded));
      await shares.sweepAccount(hooked);
      await locked(loaded, hooked);
      expect(await shares.heldOf(hooked)).to.equal(EARNING);
    });

    it(`refuses ${name} while revenue is collected`, async () => {
      const loaded = await load();
      const { shares, hooked } = loaded;
      await hooked.mint(await shares.revenueReceiver(), EARNING);
      await hooked.arm(shares, dataOf(loaded));
      await shares.collect(hooked);
      await locked(loaded, hooked);
      expect(await shares.heldOf(hooked)).to.equal(800n);
    });
  }

  it("OWN-03 counts shares that are moved while a dividend comes in as moved before it", async () => {
    const loaded = await load();
    const { shares, hooked, codec, accounts } = loaded;
    const { bob, dave } = accounts;
    await shares.deposit(hooked, EARNING);
    await shares.approve(hooked, 100);
    const move = codec.encodeFunctionData("transferFrom", [bob.address, dave.address, 100]);
    await hooked.arm(shares, move);
    await shares.deposit(hooked, EARNING);
    expect(await hooked.succeeded()).to.equal(true);
    expect(await shares.claimable(bob, hooked), "OWN-03").to.equal(300n + 200n);
    expect(await shares.claimable(dave, hooked), "OWN-03").to.equal(100n);
  });

  it("OWN-03 pays what was earned, though the holder sells while he is paid", async () => {
    const loaded = await load();
    const { shares, holder, codec, accounts } = loaded;
    const { dave } = accounts;
    await shares.deposit(NATIVE, EARNING, { value: EARNING });
    await holder.arm(shares, codec.encodeFunctionData("transfer", [dave.address, 300]));
    await shares.claimFor(holder, NATIVE, ALL);
    expect(await holder.succeeded()).to.equal(true);
    expect(await coinOf(loaded, holder)).to.equal(300n);
    expect(await shares.claimable(dave, NATIVE), "OWN-03").to.equal(0n);
    expect(await shares.claimable(holder, NATIVE), "OWN-03").to.equal(0n);
  });

  it("lets whoever was paid come back afterwards", async () => {
    const loaded = await load();
    const { shares, holder, codec } = loaded;
    for (let round = 1n; round <= 2n; ++round) {
      await shares.deposit(NATIVE, EARNING, { value: EARNING });
      await holder.execute(shares, codec.encodeFunctionData("claim", [NATIVE, ALL]));
      expect(await coinOf(loaded, holder)).to.equal(300n * round);
    }
  });
});
