import { expect } from "chai";

import { payloadOf, Stage } from "../../scripts/lib/ownership/machines.js";
import { nextBlockAt } from "../identity/registry.js";
import { ALL, COIN, DAY, now, passMotion, workingMachine } from "./fixture.js";
import { coinOf, machines, placeBid, withOtherDevice } from "./machine.js";

/** The price of a share for each of the usual machine's 1,500. */
const FLOOR = 1_500n * COIN;

describe("MachineVotes: re-entered", () => {
  /** A machine that is sold in a token that calls when it moves, and one that is sold for coin to who calls back. */
  const load = machines(async (its) => {
    const { connection, accounts, machineOfferings, machineVotes } = its;
    const { ethers } = connection;
    const hooked = await ethers.deployContract("HookedERC20");
    for (const account of [accounts.bob, accounts.carol, accounts.dave]) {
      await hooked.mint(account, 10n * FLOOR);
      for (const spender of [machineOfferings, machineVotes]) {
        await hooked.connect(account).approve(spender, ALL);
      }
    }
    const machine = { currency: hooked.target as string };
    const shares = await workingMachine({ ...its, token: hooked }, { machine });
    const forCoin = await workingMachine(await withOtherDevice(its), { native: true });
    const bidder = await ethers.deployContract("ReentrantReceiver");
    const expiry = (await now(its)) + 20 * DAY;
    // The first bid of each machine has passed.
    await placeBid(its, shares, FLOOR, { expiry });
    await placeBid(its, shares, FLOOR, { expiry });
    const codec = machineVotes.interface;
    const bid = codec.encodeFunctionData("bid", [forCoin.target, FLOOR, expiry]);
    for (let index = 0; index < 2; ++index) {
      await bidder.execute(machineVotes, bid, { value: FLOOR });
    }
    const passed = await passMotion(its, shares, "AcceptBid", [1]);
    return {
      shares,
      forCoin,
      bidder,
      hooked,
      codec,
      expiry,
      passed,
      votes: machineVotes.connect(accounts.relayer),
    };
  });
  type Loaded = Awaited<ReturnType<typeof load>>;

  /** Everything that moves money, called by whoever is being paid. */
  const CALLS: Record<string, (loaded: Loaded) => string> = {
    bid: ({ codec, shares, expiry }) =>
      codec.encodeFunctionData("bid", [shares.target, FLOOR, expiry + DAY]),
    "withdrawBid of the same bid": ({ codec, forCoin }) =>
      codec.encodeFunctionData("withdrawBid", [forCoin.target, 1]),
    "withdrawBid of another": ({ codec, shares }) =>
      codec.encodeFunctionData("withdrawBid", [shares.target, 2]),
    execute: ({ codec, shares, passed }) =>
      codec.encodeFunctionData("execute", [
        shares.target,
        passed.proposalId,
        payloadOf("AcceptBid", 1),
      ]),
  };

  async function locked({ codec }: Loaded, made: Pick<Loaded["bidder"], "succeeded" | "result">) {
    expect(await made.succeeded()).to.equal(false);
    const error = codec.getError("ReentrancyGuardReentrantCall");
    expect(await made.result()).to.equal(error?.selector);
  }

  for (const [name, dataOf] of Object.entries(CALLS)) {
    it(`R21 refuses ${name} while a bid is given back`, async () => {
      const loaded = await load();
      const { votes, forCoin, bidder, expiry } = loaded;
      await bidder.arm(votes, dataOf(loaded));
      await nextBlockAt(loaded, expiry + 1);
      await votes.withdrawBid(forCoin, 1);
      await locked(loaded, bidder);
      expect(await coinOf(loaded, bidder)).to.equal(FLOOR);
      expect(await coinOf(loaded, votes)).to.equal(FLOOR);
    });

    it(`refuses ${name} while a bid is paid`, async () => {
      const loaded = await load();
      const { votes, shares, hooked } = loaded;
      await hooked.arm(votes, dataOf(loaded));
      await placeBid(loaded, shares, FLOOR);
      await locked(loaded, hooked);
      expect(await hooked.balanceOf(votes)).to.equal(3n * FLOOR);
    });

    it(`refuses ${name} while the machine is paid for`, async () => {
      const loaded = await load();
      const { votes, shares, hooked, passed } = loaded;
      await hooked.arm(votes, dataOf(loaded));
      await votes.execute(shares, passed.proposalId, passed.payload);
      await locked(loaded, hooked);
      expect(await shares.stage()).to.equal(Stage.Ended);
      expect(await hooked.balanceOf(votes)).to.equal(FLOOR);
    });
  }

  it("OWN-09 sells for the same, whatever is called at the machine while it is paid for", async () => {
    const { shares: codecOf } = await load();
    const codec = codecOf.interface;
    for (const dataOf of [
      ({ hooked }: Loaded) => codec.encodeFunctionData("sync", [hooked.target]),
      ({ hooked }: Loaded) => codec.encodeFunctionData("sweepAccount", [hooked.target]),
      ({ hooked }: Loaded) => codec.encodeFunctionData("collect", [hooked.target]),
    ]) {
      const loaded = await load();
      const { votes, shares, hooked, passed, deviceRegistry, charger } = loaded;
      await hooked.mint(await deviceRegistry.accountOf(charger.deviceId), COIN);
      await hooked.arm(shares, dataOf(loaded));
      await votes.execute(shares, passed.proposalId, passed.payload);
      expect(await hooked.succeeded()).to.equal(true);
      expect(await shares.heldOf(hooked), "OWN-09").to.equal(FLOOR + COIN);
      expect(await hooked.balanceOf(shares), "OWN-09").to.equal(FLOOR + COIN);
    }
  });

  it("books nothing twice while the wallet is swept before the sale", async () => {
    const loaded = await load();
    const { votes, shares, hooked, passed, deviceRegistry, charger } = loaded;
    await hooked.mint(await deviceRegistry.accountOf(charger.deviceId), COIN);
    const sync = shares.interface.encodeFunctionData("sync", [hooked.target]);
    // The first call arms the token anew, so that it calls again as the wallet is swept.
    const arming = hooked.interface.encodeFunctionData("arm", [shares.target, sync]);
    await hooked.arm(hooked, arming);
    await votes.execute(shares, passed.proposalId, passed.payload);
    await locked(loaded, hooked);
    expect(await shares.heldOf(hooked)).to.equal(FLOOR + COIN);
  });
});
