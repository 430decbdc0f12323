import { expect } from "chai";
import fc from "fast-check";

import type { Identity } from "../identity/fixture.js";
import { goTo, nextBlockAt, readyAtOf, Status } from "./court.js";
import {
  allocate,
  COIN,
  DAY,
  EVIDENCE,
  inEpoch,
  MAGNITUDE,
  now,
  pass,
  pools,
  propose,
  registerModule,
  registerOperator,
  stake,
} from "./fixture.js";

/** Above the least of half of 2,000. */
const AMOUNT = 12n * COIN;

describe("SlashCourt: how proposals end", () => {
  /** One operator's stake secures two modules by halves, the first with a window of 2 days, the second of 4. */
  const load = pools(async (its) => {
    const { accounts } = its;
    const operator = await registerOperator(its, { bond: 50n * COIN });
    await stake(its, accounts.bob, operator, 2_000n * COIN);
    const modules = [
      await registerModule(its, { window: 2 * DAY }),
      await registerModule(its, { window: 4 * DAY }),
    ];
    for (const module of modules) await allocate(its, operator, module, MAGNITUDE / 2n);
    await pass(its, 2n);
    const [module = 0n] = modules;
    return { operator, module, modules, asGuardian: its.slashCourt.connect(accounts.guardian) };
  });
  type Its = Awaited<ReturnType<typeof load>>;

  const statusesOf = async ({ slashCourt }: Identity): Promise<number[]> => {
    const count = Number(await slashCourt.count());
    const statuses: number[] = [];
    for (let id = 1; id <= count; ++id) statuses.push(Number(await slashCourt.statusOf(id)));
    return statuses;
  };

  const vetoAllAt = async ({ asGuardian, module, ...its }: Its, time: number): Promise<void> => {
    await nextBlockAt(its, time);
    await asGuardian.vetoAll(module);
  };

  it("STK-09 vetoes of all in a row leave each the first that came in time", async () => {
    const its = await load();
    const first = await propose(its, its, AMOUNT);
    const readyAt = await readyAtOf(its, first);
    await vetoAllAt(its, readyAt - 2);
    expect(await statusesOf(its), "STK-09").to.deep.equal([Status.Vetoed]);
    await propose(its, its, AMOUNT);
    for (const time of [
      readyAt,
      readyAt + 1,
      readyAt + DAY - 1,
      readyAt + DAY,
      readyAt + 2 * DAY,
    ]) {
      await vetoAllAt(its, time);
      expect(await statusesOf(its), `STK-09 at ${time}`).to.deep.equal([
        Status.Vetoed,
        Status.Vetoed,
      ]);
    }
  });

  it("STK-09 a veto of all after its window, alone or repeated, does not end a proposal", async () => {
    const its = await load();
    const { slashCourt } = its;
    const proposal = await propose(its, its, AMOUNT);
    const readyAt = await readyAtOf(its, proposal);
    for (const time of [readyAt, readyAt + 1, readyAt + DAY - 2]) {
      await vetoAllAt(its, time);
      expect(await statusesOf(its), "STK-09").to.deep.equal([Status.Open]);
    }
    await nextBlockAt(its, readyAt + DAY - 1);
    await slashCourt.execute(proposal);
    await vetoAllAt(its, readyAt + 3 * DAY);
    expect(await statusesOf(its), "STK-09").to.deep.equal([Status.Executed]);
  });

  it("STK-09 a veto of all after the lapse leaves it lapsed, also with newer proposals", async () => {
    const its = await load();
    const { slashCourt } = its;
    const first = await propose(its, its, AMOUNT);
    const readyAt = await readyAtOf(its, first);
    await goTo(its, readyAt + DAY);
    expect(await statusesOf(its), "STK-09").to.deep.equal([Status.Lapsed]);
    await propose(its, its, AMOUNT);
    await vetoAllAt(its, readyAt + DAY + 10);
    expect(await statusesOf(its), "STK-09").to.deep.equal([Status.Lapsed, Status.Vetoed]);
    await propose(its, its, AMOUNT);
    await vetoAllAt(its, readyAt + DAY + 20);
    await slashCourt.release(first);
    const all = [Status.Lapsed, Status.Vetoed, Status.Vetoed];
    expect(await statusesOf(its), "STK-09").to.deep.equal(all);
  });

  it("STK-09 a veto of all without a new proposal moves no older one's time", async () => {
    const its = await load();
    const first = await propose(its, its, AMOUNT);
    const readyAt = await readyAtOf(its, first);
    await goTo(its, readyAt - DAY);
    const second = await propose(its, its, AMOUNT);
    // In time for the second alone; then once more, when it would be late for it too.
    await vetoAllAt(its, readyAt + 10);
    expect(await statusesOf(its), "STK-09").to.deep.equal([Status.Open, Status.Vetoed]);
    await vetoAllAt(its, (await readyAtOf(its, second)) + 10);
    expect(await statusesOf(its), "STK-09").to.deep.equal([Status.Lapsed, Status.Vetoed]);
  });

  it("STK-09 a veto of another module's between counts for it alone", async () => {
    const its = await load();
    const [first = 0n, second = 0n] = its.modules;
    const { operator, asGuardian } = its;
    const mine = await propose(its, { operator, module: first }, AMOUNT);
    const theirs = await propose(its, { operator, module: second }, AMOUNT);
    await asGuardian.vetoAll(second);
    expect(await statusesOf(its), "STK-09").to.deep.equal([Status.Open, Status.Vetoed]);
    await nextBlockAt(its, await readyAtOf(its, mine));
    await its.slashCourt.execute(mine);
    await asGuardian.vetoAll(first);
    expect(await statusesOf(its), "STK-09").to.deep.equal([Status.Executed, Status.Vetoed]);
    expect(theirs).to.equal(2n);
  });

  it("STK-09 a veto of all leaves a proposal that comes later in the same block", async () => {
    const its = await load();
    const { connection, slashCourt, asGuardian, operator, module, accounts } = its;
    const offence = (await now(its)) - 1;
    const asAuthority = slashCourt.connect(accounts.arbiter);
    const { provider, networkHelpers } = connection;
    await provider.request({ method: "evm_setAutomine", params: [false] });
    try {
      const gasLimit = 1_000_000;
      await asGuardian.vetoAll(module, { gasLimit, maxPriorityFeePerGas: 5n * 10n ** 9n });
      await asAuthority.propose(module, operator, AMOUNT, offence, EVIDENCE, { gasLimit });
      await networkHelpers.mine();
    } finally {
      await provider.request({ method: "evm_setAutomine", params: [true] });
    }
    expect(await statusesOf(its), "STK-09").to.deep.equal([Status.Open]);
  });

  describe("in any history", () => {
    /** What is known of a proposal without the contract. */
    interface Known {
      module: bigint;
      readyAt: number;
      status: Status;
      /** Whether it was ended by name: there is nothing left to release. */
      closed: boolean;
    }

    /** When something is done: so long after the last, or at a moment of some proposal's life. */
    const when = fc.oneof(
      fc.record({ after: fc.constantFrom(1, 3_600, DAY / 2, DAY) }),
      fc.record({ of: fc.nat(11), offset: fc.constantFrom(-1, 0, 1, DAY - 1, DAY, DAY + 1) }),
    );
    const which = fc.nat(11);
    const step = fc.record({
      when,
      act: fc.oneof(
        { weight: 4, arbitrary: fc.record({ propose: fc.nat(1) }) },
        { weight: 2, arbitrary: fc.record({ vetoAll: fc.nat(1) }) },
        { weight: 2, arbitrary: fc.record({ veto: which, guardian: fc.boolean() }) },
        { weight: 3, arbitrary: fc.record({ execute: which }) },
        { weight: 2, arbitrary: fc.record({ release: which }) },
      ),
    });
    type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

    /** Does a step at `time`, on the chain and in what is known; says how it ended. */
    async function take(its: Its, known: Known[], { act }: Step, time: number): Promise<string> {
      const { slashCourt, asGuardian, accounts, modules, operator } = its;
      for (const one of known) {
        if (one.status === Status.Open && time >= one.readyAt + DAY) one.status = Status.Lapsed;
      }
      if ("propose" in act) {
        const module = modules[act.propose] ?? 0n;
        const asAuthority = slashCourt.connect(accounts.arbiter);
        await asAuthority.propose(module, operator, AMOUNT, time, EVIDENCE);
        const readyAt = time + (act.propose === 0 ? 2 : 4) * DAY;
        known.push({ module, readyAt, status: Status.Open, closed: false });
        return "proposed";
      }
      if ("vetoAll" in act) {
        const module = modules[act.vetoAll] ?? 0n;
        await asGuardian.vetoAll(module);
        for (const one of known) {
          const vetoed = one.module === module && one.status === Status.Open && time < one.readyAt;
          if (vetoed) one.status = Status.Vetoed;
        }
        return "vetoed all";
      }
      if (known.length === 0) return "nothing";
      const index =
        ("veto" in act ? act.veto : "execute" in act ? act.execute : act.release) % known.length;
      const one = known[index];
      if (one === undefined) throw new Error("an index past the last");
      const id = index + 1;
      const early = time < one.readyAt;
      const refused =
        (error: string, ...values: unknown[]) =>
        async (sending: Promise<unknown>) => {
          await expect(sending, `STK-09 ${id}`)
            .to.be.revertedWithCustomError(slashCourt, error)
            .withArgs(id, ...values);
          return "refused";
        };
      if ("release" in act) {
        const sending = slashCourt.release(id);
        if (one.status === Status.Open || one.closed) {
          return refused("SlashCourtWrongStatus", one.status)(sending);
        }
        await expect(sending).to.emit(slashCourt, "SlashReleased").withArgs(id, one.status);
        one.closed = true;
        return "released";
      }
      const sending =
        "execute" in act
          ? slashCourt.execute(id)
          : act.guardian
            ? asGuardian.vetoAsGuardian(id)
            : slashCourt.connect(accounts.judy).veto(id);
      if (one.status !== Status.Open) {
        return refused("SlashCourtWrongStatus", one.status)(sending);
      }
      if ("execute" in act ? early : !early) {
        return refused("SlashCourtWrongTime", one.readyAt)(sending);
      }
      await sending;
      one.status = "execute" in act ? Status.Executed : Status.Vetoed;
      one.closed = true;
      return "execute" in act ? "executed" : "vetoed";
    }

    it("STK-09 each ends once, in one way, and stays so", async function () {
      this.timeout(300_000);
      const outcomes = new Map<string, number>();
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 24 }), async (steps) => {
          const its = await load();
          await inEpoch(its, await its.stakingPool.epoch(), DAY + 3_600);
          const known: Known[] = [];
          for (const one of steps) {
            const last = await now(its);
            const at =
              "after" in one.when
                ? last + one.when.after
                : (known[one.when.of % Math.max(known.length, 1)]?.readyAt ?? last) +
                  one.when.offset;
            const time = Math.max(at, last + 1);
            const before = known.map(({ status }) => status);
            await nextBlockAt(its, time);
            const outcome = await take(its, known, one, time);
            outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
            // What was refused made no block.
            if ((await now(its)) < time) await goTo(its, time);
            const after = known.map(({ status }) => status);
            expect(await statusesOf(its), "STK-09").to.deep.equal(after);
            for (const [index, status] of before.entries()) {
              if (status !== Status.Open) expect(after[index], "STK-09").to.equal(status);
            }
          }
          const executed = known.filter(({ status }) => status === Status.Executed).length;
          const left = (await its.stakingPool.bondOf(1)) + (await its.stakingPool.votesOf(1));
          expect(2_050n * COIN - left, "STK-09").to.equal(BigInt(executed) * AMOUNT);
        }),
        { numRuns: process.env.DEEP === "1" ? 200 : 30, seed: 9 },
      );
      for (const outcome of ["vetoed", "vetoed all", "executed", "released", "refused"]) {
        expect(outcomes.get(outcome) ?? 0, outcome).to.be.greaterThan(5);
      }
    });
  });
});
