import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";
import { id } from "ethers";

import { Role } from "../roles.js";
import access from "./access.js";

/** Where coin is burned, the pool of all stake, the modules that it secures, who slashes it, and what it earns. */
export default buildModule("Staking", (m) => {
  const { accessManager } = m.useModule(access);

  const iotxBurner = m.contract("IotxBurner");
  const genesis = m.getParameter("genesis");
  const stakingPool = m.contract("StakingPool", [accessManager, genesis, iotxBurner]);
  const moduleBond = m.getParameter("moduleBond");
  const moduleRegistry = m.contract("ModuleRegistry", [accessManager, stakingPool, moduleBond]);
  const slashCourt = m.contract("SlashCourt", [accessManager, moduleRegistry]);
  const moduleRewards = m.contract("ModuleRewards", [
    accessManager,
    moduleRegistry,
    m.getParameter("burnBps"),
  ]);

  // Nobody can register with the pool before this, so nothing is in it while it does not know its court.
  m.call(stakingPool, "bind", [moduleRegistry, slashCourt]);

  const selectors = (names: string[]): string[] => names.map((name) => id(name).slice(0, 10));
  const intake = selectors(["pauseIntake(uint48)", "resumeIntake()"]);
  for (const target of [stakingPool, moduleRegistry, moduleRewards]) {
    m.call(accessManager, "setTargetFunctionRole", [target, intake, Role.GUARDIAN], {
      id: `guardIntakeOf${target.contractName}`,
    });
  }
  const vetoes = selectors(["vetoAsGuardian(uint256)", "vetoAll(uint32)"]);
  m.call(accessManager, "setTargetFunctionRole", [slashCourt, vetoes, Role.GUARDIAN], {
    id: "guardVetoes",
  });

  return { iotxBurner, stakingPool, moduleRegistry, slashCourt, moduleRewards };
});
