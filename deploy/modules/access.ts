import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";

import { ADMIN_DELAY, Role } from "../roles.js";

/**
 * The suite's one AccessManager. The deployer is its first admin, so that the other modules can wire
 * their contracts; `DeFIoT` takes that role from it at the end.
 *
 * The lasting admin is granted first and the labels are set after that. Were the parameter `admin` the
 * deployer itself, the grant would have put the three-day delay on the deployer, the labels would
 * revert, and nothing else would be deployed: a suite is never left with its deployer in charge.
 */
export default buildModule("Access", (m) => {
  const deployer = m.getAccount(0);
  const accessManager = m.contract("AccessManager", [deployer]);

  const grantAdmin = m.call(
    accessManager,
    "grantRole",
    [Role.ADMIN, m.getParameter("admin"), ADMIN_DELAY],
    { id: "grantAdmin" },
  );
  m.call(accessManager, "labelRole", [Role.GUARDIAN, "GUARDIAN"], {
    id: "labelGuardian",
    after: [grantAdmin],
  });
  m.call(accessManager, "labelRole", [Role.MAKER_VERIFIER, "MAKER_VERIFIER"], {
    id: "labelMakerVerifier",
    after: [grantAdmin],
  });

  return { accessManager };
});
