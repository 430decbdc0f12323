import type { NetworkConnection } from "hardhat/types/network";

/** Deploys once for a `describe`; every test then starts from what `prepare` left on that chain. */
export function startingOn<D extends { connection: NetworkConnection }, T extends object>(
  deploy: () => Promise<D>,
  prepare: (deployed: D) => Promise<T>,
): () => Promise<D & T> {
  let load: (() => Promise<D & T>) | undefined;
  before(async () => {
    const deployed = await deploy();
    const fixture = async () => ({ ...deployed, ...(await prepare(deployed)) });
    load = () => deployed.connection.networkHelpers.loadFixture(fixture);
  });
  return () => {
    if (load === undefined) throw new Error("the suite is deployed before the first test");
    return load();
  };
}
