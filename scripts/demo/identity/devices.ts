import { P256Key, Secp256k1Key } from "../../lib/deviceKey.js";
import { prepareRegistration } from "../../lib/devices.js";
import { didDocumentOf } from "../../lib/did.js";
import { short } from "../../lib/format.js";
import { P256Path, Trust } from "../../lib/vocabulary.js";
import type { Story } from "../story.js";
import type { Production } from "./maker.js";

/** The devices that the story follows. */
export interface Fleet {
  /** A weather station with a secure element. Alice's. */
  station: P256Key;
  /** A data logger with an account's key. Alice's at first. */
  logger: Secp256k1Key;
  /** Nobody vouches for it. Bob's. */
  phone: P256Key;
}

/** Two devices are claimed from the batch, one of them for free; a phone comes on its own. */
export async function devicesChapter(story: Story, production: Production): Promise<Fleet> {
  story.chapter(
    "Three devices get a name",
    `A device is named by the hash of its public key, so its name is known before any chain has seen
     it. To be registered it signs its own registration: owner, maker and document. The
     station's key is of the kind that secure elements and phones hold, P-256.
     ${await howP256IsVerified(story)}.`,
  );
  const phone = await P256Key.generate();
  const fleet = { station: production.station, logger: production.logger, phone };
  await claimStation(story, production);
  await claimLogger(story, production);
  await registerPhone(story, phone);
  await refuseImpostors(story, production);
  return fleet;
}

async function howP256IsVerified(story: Story): Promise<string> {
  const path = await story.suite.p256Verifier.path();
  return path === P256Path.Solidity
    ? "Here Solidity verifies it, for about 240,000 gas more than a chain with a precompile takes"
    : "Here a precompile verifies it, as on IoTeX; a chain without one takes about 240,000 gas more";
}

async function claimStation(story: Story, { makerId, lot, model, batch, station }: Production) {
  const { deviceRegistry } = story.suite;
  const { alice } = story.accounts;
  const document = await didDocumentOf(deviceRegistry, station);
  const claim = prepareRegistration(deviceRegistry, {
    key: station,
    owner: alice,
    registration: {
      makerId,
      modelHash: model,
      documentHash: document.hash,
      documentURI: "https://cascade.example/did/station.json",
    },
    attestation: batch.attest(lot, station.keyHash, model),
  });
  await story.act("alice", "registers her weather station", claim);
  const id = station.deviceId;
  await story.check("The station is Alice's", deviceRegistry.ownerOf(id), alice.address);
  await story.check(
    "It is attested by a verified maker",
    deviceRegistry.trustOf(id),
    Trust.AttestedByVerifiedMaker,
  );
  await story.check(
    `It is known as did:defiot:…:${short(station.keyHash)}`,
    deviceRegistry.tokenURI(id),
    document.did,
  );
  await story.check(
    `Its DID document is the one with the hash ${short(document.hash)}`,
    deviceRegistry.documentHashOf(id),
    document.hash,
  );
}

async function claimLogger(story: Story, { makerId, lot, model, batch, logger }: Production) {
  const { deviceRegistry } = story.suite;
  const { alice } = story.accounts;
  const { provider } = story.connection.ethers;
  const before = await provider.getBalance(alice);
  const claim = prepareRegistration(deviceRegistry, {
    key: logger,
    owner: alice,
    registration: { makerId, modelHash: model },
    attestation: batch.attest(lot, logger.keyHash, model),
    relayed: true,
  });
  await story.act("relayer", "registers a data logger that Alice only signed for", claim);
  const owner = deviceRegistry.ownerOf(logger.deviceId);
  await story.check("The logger is Alice's, not the relayer's", owner, alice.address);
  await story.check("It did not cost Alice anything", provider.getBalance(alice), before);
  await story.check(
    "It is attested by a verified maker, too",
    deviceRegistry.trustOf(logger.deviceId),
    Trust.AttestedByVerifiedMaker,
  );
}

async function registerPhone(story: Story, phone: P256Key): Promise<void> {
  const { deviceRegistry } = story.suite;
  const { bob } = story.accounts;
  const claim = prepareRegistration(deviceRegistry, { key: phone, owner: bob });
  await story.act("bob", "registers his phone, for which no maker vouches", claim);
  await story.check(
    "The phone is self-certified",
    deviceRegistry.trustOf(phone.deviceId),
    Trust.SelfCertified,
  );
}

async function refuseImpostors(story: Story, production: Production): Promise<void> {
  const { deviceRegistry } = story.suite;
  const { makerId, lot, model, batch, logger } = production;
  const fake = Secp256k1Key.generate();
  const registration = { makerId, modelHash: model };
  const owner = story.accounts.stranger;
  const proof = batch.attest(lot, logger.keyHash, model);

  await story.refused(
    "stranger",
    "passes a device of his own off as Cascade's, with the logger's proof",
    prepareRegistration(deviceRegistry, { key: fake, owner, registration, attestation: proof }),
    {
      error: "MakerRegistryInvalidAttestation",
      args: [makerId, lot, fake.keyHash, model],
      because: `key ${short(fake.keyHash)} is not in lot ${lot}`,
    },
  );
  await story.refused(
    "stranger",
    "registers the logger once more, as his",
    prepareRegistration(deviceRegistry, { key: logger, owner, registration, attestation: proof }),
    {
      error: "DeviceRegistryKnownKey",
      args: [logger.keyHash],
      because: `key ${short(logger.keyHash)} names a device already`,
    },
  );
}
