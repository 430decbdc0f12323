import type { HardhatEthers, HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";

/**
 * Who is who on a local chain, in the order of the node's default accounts. The second, third and
 * fourth are the role holders that deploy/parameters/localhost.json names, and so is the treasury.
 */
const NAMES = [
  "deployer",
  "admin",
  "guardian",
  "makerVerifier",
  "maker",
  "alice",
  "bob",
  "carol",
  "relayer",
  "stranger",
  "treasury",
  "dave",
  "arbiter",
  "erin",
  "frank",
  "grace",
  "heidi",
  "ivan",
  "judy",
  "kim",
] as const;

export type AccountName = (typeof NAMES)[number];
export type Accounts = Record<AccountName, HardhatEthersSigner>;

/** The named accounts of a local chain. */
export async function namedAccounts(ethers: HardhatEthers): Promise<Accounts> {
  const signers = await ethers.getSigners();
  if (signers.length < NAMES.length) {
    throw new Error(
      `The node offers ${String(signers.length)} accounts, ${String(NAMES.length)} are named`,
    );
  }
  return Object.fromEntries(NAMES.map((name, index) => [name, signers[index]])) as Accounts;
}
