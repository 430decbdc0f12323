// A moment of staking in which every function of the domain could do something, and what each would do.
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import type { BaseContract, FunctionFragment } from "ethers";

import { NATIVE } from "../../scripts/lib/identity.js";
import { moduleTerms } from "../../scripts/lib/staking/modules.js";
import type { Identity } from "../identity/fixture.js";
import { as, carryOut, coinOf, goTo, MODULE_BOND, plain } from "./court.js";
import {
  ALL,
  COIN,
  DAY,
  EVIDENCE,
  MAGNITUDE,
  now,
  pass,
  propose,
  registerModule,
  registerOperator,
  secured,
} from "./fixture.js";

/** Who and what is there; of proposals, one can be vetoed, one carried out, and one has lapsed. */
export interface World {
  /** Alice's, with Bob's and Carol's stake: works for `module`, and has asked `chosen`. */
  operator: bigint;
  /** Erin's, bound by nothing, and offered to Frank. */
  idle: bigint;
  /** Dave's, who works for `module` and gives it nothing. */
  second: bigint;
  module: bigint;
  /** Takes whom its owner accepts. */
  chosen: bigint;
  /** Nobody works for it; offered to Frank. */
  unused: bigint;
  /** When Bob asked stake out that has matured. */
  matured: bigint;
  epoch: bigint;
  open: bigint;
  ready: bigint;
  lapsed: bigint;
}

/** Makes such a moment. */
export async function world(its: Identity): Promise<World> {
  const { accounts, stakingPool, moduleRewards, moduleRegistry } = its;
  const { alice, arbiter, bob, carol, dave, erin, frank } = accounts;
  const base = await secured(its, { operator: { payout: dave }, terms: { window: 2 * DAY } });
  const { operator, module, epoch: matured } = base;
  const second = await registerOperator(its, { owner: dave });
  const idle = await registerOperator(its, { owner: erin });
  const chosen = await registerModule(its, { open: false });
  const unused = await registerModule(its);
  await moduleRegistry.connect(alice).optIn(operator, chosen);
  await moduleRegistry.connect(dave).optIn(second, module);
  await stakingPool.connect(bob).requestExit(operator, 100n * COIN);
  await moduleRewards.connect(arbiter).fund(0, operator, NATIVE, 10n * COIN, { value: 10n * COIN });
  await carryOut(its, await propose(its, base, 50n * COIN));
  await pass(its, 2n);
  await stakingPool.connect(erin).offerOwnership(idle, frank);
  await moduleRegistry.connect(arbiter).offerOwnership(unused, frank);
  const start = await now(its);
  const lapsed = await propose(its, base, 20n * COIN);
  await goTo(its, start + DAY);
  const ready = await propose(its, base, 80n * COIN);
  await goTo(its, start + 3 * DAY + 3_600);
  const open = await propose(its, base, 20n * COIN);
  await stakingPool.connect(carol).requestExit(operator, 100n * COIN);
  const epoch = await stakingPool.epoch();
  return { operator, idle, second, module, chosen, unused, matured, epoch, open, ready, lapsed };
}

/** The domain's four contracts. */
export const contractsOf = ({
  stakingPool,
  moduleRegistry,
  slashCourt,
  moduleRewards,
}: Identity) => ({ stakingPool, moduleRegistry, slashCourt, moduleRewards });
export type Name = keyof ReturnType<typeof contractsOf>;

/** A call that would do something if its caller may make it. */
export interface Action {
  /** Gives what the call takes, for whoever makes it. */
  args: (caller: string) => unknown[];
  value?: bigint;
  /** Who may make it; nobody any more, if this is missing. */
  by?: HardhatEthersSigner;
}

/** What changes something on a contract: its functions that are no views. */
export function functionsOf(contract: BaseContract): FunctionFragment[] {
  const found: FunctionFragment[] = [];
  contract.interface.forEachFunction((fragment) => {
    if (!fragment.constant) found.push(fragment);
  });
  return found;
}

/** For every function of the domain, a call that takes or moves as much as it can. */
export async function actionsIn(
  its: Identity & World,
): Promise<Record<Name, Record<string, Action>>> {
  const { accounts, operator, idle, second, module, chosen, unused, matured } = its;
  const { alice, arbiter, bob, carol, dave, erin, frank, guardian, judy, kim, stranger } = accounts;
  const { epoch, open, ready, lapsed, moduleRegistry, slashCourt, accessManager } = its;
  const court = await as(its, slashCourt);
  const manager = await as(its, accessManager);
  const until = (await now(its)) + DAY;
  const offence = (await now(its)) - 60;
  const intake = {
    pauseIntake: { args: () => [until], by: guardian },
    resumeIntake: { args: () => [], by: guardian },
    setAuthority: { args: () => [accessManager.target], by: manager },
  };
  const handing = (id: bigint, owner: HardhatEthersSigner) => ({
    offerOwnership: { args: (to: string) => [id, to], by: owner },
    acceptOwnership: { args: () => [id], by: frank },
  });
  const slash = {
    operator,
    epoch,
    amount: 100n * COIN,
    magnitude: MAGNITUDE,
    total: MAGNITUDE,
    expiry: epoch,
  };
  return {
    stakingPool: {
      ...intake,
      ...handing(idle, erin),
      bind: { args: () => [moduleRegistry.target, slashCourt.target] },
      registerOperator: { args: (to) => [to, 0, ""], value: COIN, by: stranger },
      describeOperator: { args: () => [operator, "mine"], by: alice },
      setPayout: { args: (to) => [operator, to], by: alice },
      setCommission: { args: () => [operator, 3_000], by: alice },
      addBond: { args: () => [operator], value: COIN, by: alice },
      withdrawBond: { args: () => [idle, 100n * COIN], by: erin },
      stake: { args: () => [operator, ALL], value: COIN, by: stranger },
      requestExit: { args: () => [operator, 1_000n], by: bob },
      claimExit: { args: (to) => [operator, matured, to], by: bob },
      claimExitFor: { args: () => [operator, matured, bob.address], by: stranger },
      restakeExit: { args: () => [operator, epoch, ALL], by: carol },
      withdrawCompensation: { args: (to) => [to], by: kim },
      withdrawCompensationFor: { args: () => [kim.address], by: stranger },
      openProposal: { args: () => [operator, COIN, epoch, epoch], by: court },
      closeProposal: { args: () => [operator, 20n * COIN, epoch], by: court },
      slash: { args: (to) => [{ ...slash, victims: to, victimBps: 5_000 }], by: court },
    },
    moduleRegistry: {
      ...intake,
      ...handing(unused, arbiter),
      registerModule: {
        args: () => [moduleTerms(bob.address, carol.address), ""],
        value: MODULE_BOND,
        by: stranger,
      },
      retireModule: { args: () => [module], by: arbiter },
      closeModule: { args: (to) => [unused, to], by: arbiter },
      optIn: { args: () => [idle, module], by: erin },
      accept: { args: () => [operator, chosen], by: arbiter },
      optOut: { args: () => [operator, module], by: alice },
      allocate: { args: () => [second, module, MAGNITUDE], by: dave },
      sync: { args: () => [operator, module], by: stranger },
      reduce: { args: () => [operator, module, MAGNITUDE / 2n], by: court },
    },
    slashCourt: {
      setAuthority: intake.setAuthority,
      propose: { args: () => [module, operator, 100n * COIN, offence, EVIDENCE], by: arbiter },
      veto: { args: () => [open], by: judy },
      vetoAsGuardian: { args: () => [open], by: guardian },
      vetoAll: { args: () => [module], by: guardian },
      execute: { args: () => [ready], by: stranger },
      release: { args: () => [lapsed], by: stranger },
    },
    moduleRewards: {
      ...intake,
      fund: { args: () => [0, operator, NATIVE, COIN], value: COIN, by: stranger },
      fundMany: {
        args: () => [0, NATIVE, [{ operator, amount: COIN }]],
        value: COIN,
        by: stranger,
      },
      claim: { args: (to) => [operator, NATIVE, to, ALL], by: bob },
      claimFor: { args: () => [operator, NATIVE, carol.address, ALL], by: stranger },
      payOperator: { args: () => [operator, NATIVE], by: stranger },
    },
  };
}

/** All that belongs to somebody: coin, stake, exits, bonds, magnitudes, credits, owners and terms. */
export async function belongings(its: Identity & World): Promise<Record<string, unknown>> {
  const { stakingPool, moduleRegistry, moduleRewards, iotxBurner, accounts } = its;
  const { operator, idle, second, module, chosen, unused, matured, epoch } = its;
  const reads: Record<string, Promise<unknown>> = {};
  for (const [name, contract] of Object.entries({ ...contractsOf(its), iotxBurner })) {
    reads[`coin of ${name}`] = coinOf(its, contract);
  }
  for (const name of ["alice", "bob", "carol", "erin", "kim"] as const) {
    const who = accounts[name];
    reads[`shares of ${name}`] = stakingPool.sharesOf(operator, who);
    reads[`stake of ${name}`] = stakingPool.stakeOf(operator, who);
    for (let asked = matured; asked <= epoch; ++asked) {
      reads[`exit of ${name}, ${asked}`] = stakingPool.exitOf(operator, asked, who).then(plain);
      reads[`bond of ${name}, ${asked}`] = stakingPool.exitOf(idle, asked, who).then(plain);
    }
    const rewards = moduleRewards.claimableOf(operator, NATIVE, who);
    reads[`rewards of ${name}`] = rewards.then(([claimable]) => claimable);
    reads[`compensation of ${name}`] = stakingPool.compensationOf(who);
  }
  for (const one of [operator, idle, second]) {
    reads[`operator ${one}`] = stakingPool.operatorOf(one).then(plain);
    reads[`owner of ${one}`] = stakingPool.ownerOf(one);
    reads[`credit of ${one}`] = moduleRewards.creditOf(one, NATIVE);
    reads[`magnitude of ${one}`] = moduleRegistry.totalOf(one);
    reads[`part of ${one}`] = moduleRegistry.allocationOf(one, module).then(plain);
  }
  for (const one of [module, chosen, unused]) {
    reads[`terms of ${one}`] = moduleRegistry.termsOf(one).then(plain);
    reads[`standing of ${one}`] = moduleRegistry.standingOf(one).then(plain);
    reads[`owner of module ${one}`] = moduleRegistry.ownerOf(one);
  }
  const names = Object.keys(reads);
  const values = await Promise.all(Object.values(reads));
  return Object.fromEntries(names.map((name, index) => [name, values[index]]));
}
