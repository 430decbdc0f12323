import { expect } from "chai";
import { id, toBigInt } from "ethers";

import { ERC6551_REGISTRY } from "../../scripts/lib/deploy.js";
import { keyHashOf, Secp256k1Key } from "../../scripts/lib/deviceKey.js";
import { NEVER, registrationOf, signAttestation } from "../../scripts/lib/identity.js";
import { AccessManager__factory, DeviceRegistry__factory } from "../../typechain-types/index.js";
import { deployWallet, registerDevice } from "./fixture.js";
import { registerAttested, registerMaker, rotate, startingFrom, Trust } from "./registry.js";

const MODEL = id("a model");

describe("DeviceRegistry: promises not kept yet", () => {
  const load = startingFrom((identity) =>
    Promise.resolve({
      registry: identity.deviceRegistry,
      asAlice: identity.deviceRegistry.connect(identity.accounts.alice),
    }),
  );

  it("supports ERC-4906, and no interface without functions", async () => {
    const { registry } = await load();
    expect(await registry.supportsInterface("0x49064906"), "0x49064906").to.equal(true);
    expect(await registry.supportsInterface("0x00000000"), "0x00000000").to.equal(false);
  });

  it("IDN-12 does not shake off the recall of a later key by rotating once more", async () => {
    const identity = await load();
    const { registry, asAlice, makerRegistry, accounts } = identity;
    const makerId = await registerMaker(identity);
    const [first, second, third] = [
      Secp256k1Key.generate(),
      Secp256k1Key.generate(),
      Secp256k1Key.generate(),
    ];
    const { deviceId } = first;
    await registerAttested(identity, first, { makerId, lot: 1, modelHash: MODEL });
    await rotate(identity, deviceId, first, second);
    const word = { makerId, lot: 1, keyHash: second.keyHash, modelHash: MODEL, deadline: NEVER };
    const attestation = await signAttestation(makerRegistry, accounts.maker, word);
    const acceptance = { deviceId, makerId, modelHash: MODEL, deadline: NEVER };
    await asAlice.attest(acceptance, attestation, "0x");
    await makerRegistry.connect(accounts.maker).recallDevice(makerId, second.keyHash, "it lies");
    expect(await registry.trustOf(deviceId)).to.equal(Trust.Recalled);
    await rotate(identity, deviceId, second, third);
    expect(await registry.trustOf(deviceId)).to.equal(Trust.Recalled);
  });

  it("R15 refuses a cycle over the device's own wallet before that is deployed", async () => {
    const identity = await load();
    const { registry, asAlice, accounts } = identity;
    const [{ deviceId }, other] = [await registerDevice(identity), await registerDevice(identity)];
    const own = await registry.accountOf(deviceId); // nothing there yet
    const safely = asAlice["safeTransferFrom(address,address,uint256)"];
    await safely(accounts.alice, own, other.deviceId);
    const receiver = await (await deployWallet(identity, other.deviceId)).getAddress();
    await expect(safely(accounts.alice, receiver, deviceId))
      .to.be.revertedWithCustomError(registry, "DeviceRegistryOwnershipCycle")
      .withArgs(deviceId, receiver);
  });

  it("IDN-11 takes an answer that is too long to copy for a no, with the gas it asks for", async () => {
    const { makerRegistry, deviceAccount, p256Verifier, accounts, connection } = await load();
    const { deployer, alice } = accounts;
    const manager = await new AccessManager__factory(deployer).deploy(deployer);
    const registry = await new DeviceRegistry__factory(deployer).deploy(
      manager,
      makerRegistry,
      deviceAccount,
      ERC6551_REGISTRY,
      p256Verifier,
    );
    const verifier = await connection.ethers.deployContract("LyingPrecompile");
    const key = id("a key");
    const deviceId = toBigInt(keyHashOf(3 as 1, key));
    await verifier.lie(0, `0x024ad318${"00".repeat(28)}`);
    await registry.addKeyType(verifier, 32, 30_000);
    const registration = { ...registrationOf(Secp256k1Key.generate(), alice.address), key };
    await registry.connect(alice).register({ ...registration, keyType: 3 }, "0x", "0x", "0x");
    await verifier.lie(3, "0x"); // a flood
    const tooLittle = registry.interface
      .encodeErrorResult("DeviceRegistryInsufficientGas", [0])
      .slice(0, 10);
    const ask = (gasLimit: number) =>
      registry.isDeviceSignature.staticCall(deviceId, id("something"), "0x", { gasLimit });
    expect(await ask(1_000_000)).to.equal(false);
    // Whatever it is given: either it says that this is not enough, or it answers.
    for (let gasLimit = 60_000; gasLimit <= 100_000; gasLimit += 1_000) {
      const answer: unknown = await ask(gasLimit).catch((error: unknown) => error);
      const { data } = answer as { data?: unknown };
      const honest = answer === false || (typeof data === "string" && data.startsWith(tooLittle));
      expect(honest, `with ${gasLimit} gas: ${String(answer)}`).to.equal(true);
    }
  });
});
