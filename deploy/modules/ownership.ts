import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";
import { id } from "ethers";

import { Role } from "../roles.js";
import access from "./access.js";
import identity from "./identity.js";

/** Splits, the code of all machines' shares, where their holders vote, and the offerings that issue them. */
export default buildModule("Ownership", (m) => {
  const { accessManager } = m.useModule(access);
  const { deviceRegistry } = m.useModule(identity);

  const splitHub = m.contract("SplitHub");
  const machineVotes = m.contract("MachineVotes");
  const machineShares = m.contract("MachineShares", [deviceRegistry, splitHub, machineVotes]);
  const machineOfferings = m.contract("MachineOfferings", [
    accessManager,
    deviceRegistry,
    machineShares,
    m.getParameter("treasury"),
    m.getParameter("feeBps"),
  ]);

  const revenueCollector = m.contract("RevenueCollector");

  const intake = ["pauseIntake(uint48)", "resumeIntake()"].map((name) => id(name).slice(0, 10));
  m.call(accessManager, "setTargetFunctionRole", [machineOfferings, intake, Role.GUARDIAN]);

  return { splitHub, machineVotes, machineShares, machineOfferings, revenueCollector };
});
