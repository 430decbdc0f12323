import { expect } from "chai";

import type { Identity } from "../identity/fixture.js";
import { lanesOf, Membership, membershipOf, NOTHING, storyOf } from "./court.js";
import { allocate, MAGNITUDE, pass, pools, registerModule, registerOperator } from "./fixture.js";

describe("ModuleRegistry: allocations", () => {
  const load = pools(async (its) => {
    const { accounts, moduleRegistry } = its;
    const operator = await registerOperator(its);
    const module = await registerModule(its);
    const other = await registerModule(its);
    const asAlice = moduleRegistry.connect(accounts.alice);
    await asAlice.optIn(operator, module);
    await asAlice.optIn(operator, other);
    const epoch = await pass(its);
    return { operator, module, other, asAlice, epoch };
  });

  const encumbered = ({ moduleRegistry }: Identity, operator: bigint) =>
    moduleRegistry.encumberedOf(operator);

  describe("over the epochs", () => {
    it("begin two epochs after they were asked for", async () => {
      const its = await load();
      const { operator, module, asAlice, epoch } = its;
      expect(await lanesOf(its, its)).to.deep.equal(NOTHING);
      expect(await storyOf(its, asAlice.allocate(operator, module, 7))).to.deep.equal([
        ["AllocationAsked", operator, module, 7n, epoch],
      ]);
      expect(await lanesOf(its, its)).to.deep.equal([0n, 0n, 0n, 7n]);
      await pass(its);
      expect(await lanesOf(its, its)).to.deep.equal([0n, 0n, 7n, 7n]);
      await pass(its);
      expect(await lanesOf(its, its)).to.deep.equal([0n, 7n, 7n, 7n]);
      await pass(its);
      expect(await lanesOf(its, its)).to.deep.equal([7n, 7n, 7n, 7n]);
      await pass(its, 300n);
      expect(await lanesOf(its, its)).to.deep.equal([7n, 7n, 7n, 7n]);
      expect(await encumbered(its, operator)).to.equal(7n);
    });

    /** What was asked for, each so many epochs after the one before, and what is seen right after the last. */
    const HISTORIES: [string, [epochs: bigint, magnitude: bigint][], bigint[]][] = [
      [
        "a rise: two epochs later",
        [
          [0n, 5n],
          [4n, 9n],
        ],
        [5n, 5n, 5n, 9n],
      ],
      [
        "a cut: in the next epoch",
        [
          [0n, 9n],
          [4n, 5n],
        ],
        [9n, 9n, 5n, 5n],
      ],
      [
        "an end: in the next epoch",
        [
          [0n, 9n],
          [4n, 0n],
        ],
        [9n, 9n, 0n, 0n],
      ],
      [
        "the same again",
        [
          [0n, 9n],
          [4n, 9n],
        ],
        [9n, 9n, 9n, 9n],
      ],
      [
        "a cut and a rise in one epoch",
        [
          [0n, 9n],
          [4n, 5n],
          [0n, 8n],
        ],
        [9n, 9n, 5n, 8n],
      ],
      [
        "a rise and a cut in one epoch",
        [
          [0n, 5n],
          [4n, 9n],
          [0n, 2n],
        ],
        [5n, 5n, 2n, 2n],
      ],
      [
        "a rise that is cut in the next epoch",
        [
          [0n, 5n],
          [4n, 9n],
          [1n, 7n],
        ],
        [5n, 5n, 7n, 7n],
      ],
      [
        "a rise below which it is cut",
        [
          [0n, 5n],
          [4n, 9n],
          [1n, 3n],
        ],
        [5n, 5n, 3n, 3n],
      ],
      [
        "a cut that rises in the next epoch",
        [
          [0n, 9n],
          [4n, 5n],
          [1n, 7n],
        ],
        [9n, 5n, 5n, 7n],
      ],
      [
        "two cuts in a row",
        [
          [0n, 9n],
          [4n, 5n],
          [1n, 2n],
        ],
        [9n, 5n, 2n, 2n],
      ],
      [
        "two rises in a row",
        [
          [0n, 2n],
          [4n, 5n],
          [1n, 9n],
        ],
        [2n, 2n, 5n, 9n],
      ],
      [
        "three, in the epoch in which the first begins",
        [
          [0n, 2n],
          [1n, 5n],
          [1n, 9n],
        ],
        [0n, 2n, 5n, 9n],
      ],
      [
        "the last lane, after three epochs",
        [
          [0n, 2n],
          [3n, 9n],
        ],
        [2n, 2n, 2n, 9n],
      ],
    ];

    for (const [name, history, lanes] of HISTORIES) {
      it(`show ${name}`, async () => {
        const its = await load();
        const { operator, module, asAlice } = its;
        for (const [epochs, magnitude] of history) {
          if (epochs !== 0n) await pass(its, epochs);
          await asAlice.allocate(operator, module, magnitude);
        }
        expect(await lanesOf(its, its)).to.deep.equal(lanes);
        const greatest = lanes.reduce((most, lane) => (lane > most ? lane : most));
        expect(await encumbered(its, operator)).to.equal(greatest);
      });
    }

    it("are known for the epoch before, the running one and all later ones", async () => {
      const its = await load();
      const { operator, module, asAlice, moduleRegistry } = its;
      await asAlice.allocate(operator, module, 5);
      const epoch = await pass(its, 4n);
      await asAlice.allocate(operator, module, 3);
      await asAlice.allocate(operator, module, 9);
      const at = async (when: bigint) => [
        ...(await moduleRegistry.magnitudeAt(operator, module, when)),
      ];
      for (const [when, magnitude] of [
        [epoch - 1n, 5n],
        [epoch, 5n],
        [epoch + 1n, 3n],
        [epoch + 2n, 9n],
        [epoch + 3n, 9n],
        [2n ** 32n - 2n, 9n],
      ] as const) {
        expect(await at(when), `epoch ${when}`).to.deep.equal([magnitude, MAGNITUDE]);
      }
      await expect(moduleRegistry.magnitudeAt(operator, module, epoch - 2n))
        .to.be.revertedWithCustomError(moduleRegistry, "ModuleRegistryUnknownEpoch")
        .withArgs(epoch - 2n);
      // What was never touched is known for ever.
      const [nothing] = await moduleRegistry.magnitudeAt(operator + 1n, module, 0);
      expect(nothing).to.equal(0n);
    });
  });

  describe("together", () => {
    it("STK-03 are all of the magnitude at most", async () => {
      const { operator, module, other, asAlice, moduleRegistry } = await load();
      await asAlice.allocate(operator, module, 6n * 10n ** 15n);
      await expect(asAlice.allocate(operator, other, 4n * 10n ** 15n + 1n), "STK-03")
        .to.be.revertedWithCustomError(moduleRegistry, "ModuleRegistryOverAllocated")
        .withArgs(operator, MAGNITUDE + 1n, MAGNITUDE);
      await asAlice.allocate(operator, other, 4n * 10n ** 15n);
      expect(await moduleRegistry.encumberedOf(operator)).to.equal(MAGNITUDE);
      expect(await moduleRegistry.totalOf(operator)).to.equal(MAGNITUDE);
    });

    it("STK-03 are no more each, whatever number is named", async () => {
      const { operator, module, asAlice, moduleRegistry } = await load();
      for (const magnitude of [MAGNITUDE + 1n, 2n ** 54n, 2n ** 63n, 2n ** 64n - 1n]) {
        await expect(asAlice.allocate(operator, module, magnitude), "STK-03")
          .to.be.revertedWithCustomError(moduleRegistry, "ModuleRegistryOverAllocated")
          .withArgs(operator, magnitude, MAGNITUDE);
      }
      await asAlice.allocate(operator, module, MAGNITUDE);
      expect(await moduleRegistry.encumberedOf(operator)).to.equal(MAGNITUDE);
    });

    it("STK-03 bind what a cut leaves until nobody can be slashed for it, and somebody says so", async () => {
      const its = await load();
      const { operator, module, other, asAlice, moduleRegistry, accounts } = its;
      await asAlice.allocate(operator, module, MAGNITUDE);
      await pass(its, 3n);
      await asAlice.allocate(operator, module, 0);
      const refused = () =>
        expect(asAlice.allocate(operator, other, 1), "STK-03")
          .to.be.revertedWithCustomError(moduleRegistry, "ModuleRegistryOverAllocated")
          .withArgs(operator, MAGNITUDE + 1n, MAGNITUDE);
      const sync = () => moduleRegistry.connect(accounts.stranger).sync(operator, module);
      await refused();
      await pass(its);
      await sync();
      expect(await encumbered(its, operator)).to.equal(MAGNITUDE);
      await refused();
      await pass(its);
      expect(await encumbered(its, operator)).to.equal(MAGNITUDE);
      await refused();
      expect(await storyOf(its, sync())).to.deep.equal([]);
      expect(await encumbered(its, operator)).to.equal(0n);
      await asAlice.allocate(operator, other, MAGNITUDE);
    });

    it("are synced by themselves where they are asked for anew", async () => {
      const its = await load();
      const { operator, module, asAlice } = its;
      await asAlice.allocate(operator, module, MAGNITUDE);
      await pass(its, 3n);
      await asAlice.allocate(operator, module, 3);
      await pass(its, 2n);
      await asAlice.allocate(operator, module, 5);
      expect(await encumbered(its, operator)).to.equal(5n);
    });

    it("stay bound through a sync as long as they rise", async () => {
      const its = await load();
      const { operator, module, other, asAlice, moduleRegistry } = its;
      await asAlice.allocate(operator, module, 5);
      await asAlice.allocate(operator, other, 3);
      for (let epochs = 0; epochs < 5; ++epochs) {
        await moduleRegistry.sync(operator, module);
        expect(await encumbered(its, operator)).to.equal(8n);
        await pass(its);
      }
      expect(await lanesOf(its, its)).to.deep.equal([5n, 5n, 5n, 5n]);
      expect(await membershipOf(its, its)).to.equal(Membership.Member);
    });

    it("are each operator's own", async () => {
      const its = await load();
      const { operator, module, asAlice, accounts, moduleRegistry } = its;
      const second = await registerOperator(its, { owner: accounts.dave });
      await asAlice.allocate(operator, module, MAGNITUDE);
      await allocate(its, second, module, 3n, accounts.dave);
      expect(await encumbered(its, operator)).to.equal(MAGNITUDE);
      expect(await encumbered(its, second)).to.equal(3n);
      await expect(moduleRegistry.connect(accounts.dave).allocate(operator, module, 1))
        .to.be.revertedWithCustomError(moduleRegistry, "ModuleRegistryUnauthorized")
        .withArgs(accounts.dave);
    });
  });

  describe("asked for by the wrong one", () => {
    it("are refused to everybody but the operator's owner", async () => {
      const { operator, module, moduleRegistry, accounts } = await load();
      for (const account of [accounts.arbiter, accounts.bob, accounts.guardian, accounts.admin]) {
        await expect(moduleRegistry.connect(account).allocate(operator, module, 1))
          .to.be.revertedWithCustomError(moduleRegistry, "ModuleRegistryUnauthorized")
          .withArgs(account);
      }
    });

    it("are refused to who does not work for the module, or has only asked to", async () => {
      const its = await load();
      const { operator, asAlice, moduleRegistry } = its;
      const chosen = await registerModule(its, { open: false });
      const refused = (membership: Membership) =>
        expect(asAlice.allocate(operator, chosen, 1))
          .to.be.revertedWithCustomError(moduleRegistry, "ModuleRegistryWrongMembership")
          .withArgs(operator, chosen, membership);
      await refused(Membership.None);
      await asAlice.optIn(operator, chosen);
      await refused(Membership.Asked);
    });
  });
});
