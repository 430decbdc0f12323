import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";

import { NO_DELAY, Role } from "../roles.js";
import access from "./access.js";
import data from "./data.js";
import identity from "./identity.js";
import ownership from "./ownership.js";
import staking from "./staking.js";

/**
 * The whole suite. Deploys every domain, hands each role to the address in the parameters, and ends
 * with the deployer holding none. It may be interrupted anywhere and run again: it goes on from there.
 */
export default buildModule("DeFIoT", (m) => {
  const deployer = m.getAccount(0);
  const { accessManager } = m.useModule(access);
  const domains = {
    ...m.useModule(identity),
    ...m.useModule(data),
    ...m.useModule(ownership),
    ...m.useModule(staking),
  };

  const grantGuardian = m.call(
    accessManager,
    "grantRole",
    [Role.GUARDIAN, m.getParameter("guardian"), NO_DELAY],
    { id: "grantGuardian" },
  );
  const grantMakerVerifier = m.call(
    accessManager,
    "grantRole",
    [Role.MAKER_VERIFIER, m.getParameter("makerVerifier"), NO_DELAY],
    { id: "grantMakerVerifier" },
  );

  // Parameters that name the deployer leave the role empty, for ADMIN to grant: never with the deployer.
  const revokeGuardian = m.call(accessManager, "revokeRole", [Role.GUARDIAN, deployer], {
    id: "revokeGuardianOfDeployer",
    after: [grantGuardian],
  });
  const revokeMakerVerifier = m.call(accessManager, "revokeRole", [Role.MAKER_VERIFIER, deployer], {
    id: "revokeMakerVerifierOfDeployer",
    after: [grantMakerVerifier],
  });

  // The last transaction of all: after it the deployer can neither wire nor grant anything. It waits for
  // whole modules, not for their contracts alone, because a module wires its contracts after deploying.
  m.call(accessManager, "renounceRole", [Role.ADMIN, deployer], {
    id: "renounceAdmin",
    after: [access, identity, data, ownership, staking, revokeGuardian, revokeMakerVerifier],
  });

  return { accessManager, ...domains };
});
