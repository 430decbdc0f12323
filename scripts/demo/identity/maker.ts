import { id } from "ethers";

import { P256Key, Secp256k1Key } from "../../lib/deviceKey.js";
import { count, short } from "../../lib/format.js";
import { Batch } from "../../lib/identity.js";
import type { Story } from "../story.js";

/** How many devices leave the factory in the run that the story is about. */
const RUN = 1_000;

/** A maker's production run, published as a lot. */
export interface Production {
  makerId: bigint;
  lot: number;
  model: string;
  batch: Batch;
  /** Three devices of the run that the story follows. */
  station: P256Key;
  logger: Secp256k1Key;
  spare: Secp256k1Key;
}

/** A maker registers, is verified, and vouches for a production run in one transaction. */
export async function makerChapter(story: Story): Promise<Production> {
  const { makerRegistry } = story.suite;
  const { maker, stranger } = story.accounts;
  story.chapter(
    "A maker, and a thousand keys",
    `Cascade Instruments builds weather stations. Anyone can claim a maker's name, so a name alone
     counts for nothing: a role called MAKER_VERIFIER says which makers are who they claim to be.`,
  );

  await story.act(
    "maker",
    "registers as a maker",
    makerRegistry.register.populateTransaction(
      "Cascade Instruments",
      "https://cascade.example",
      maker.address,
    ),
  );
  const makerId = await makerRegistry.makerCount();
  await story.check("Cascade owns its maker token", makerRegistry.ownerOf(makerId), maker.address);
  const verify = makerRegistry.setVerified.populateTransaction(makerId, maker.address, true);
  await story.refused("stranger", "tries to mark Cascade as verified", verify, {
    error: "AccessManagedUnauthorized",
    args: [stranger.address],
    because: `${short(stranger.address)} does not hold the role`,
  });
  await story.act("makerVerifier", "marks Cascade as verified", verify);
  await story.check("Cascade is a verified maker", isVerified(story, makerId));

  return { makerId, ...(await publishRun(story, makerId)) };
}

async function isVerified({ suite }: Story, makerId: bigint): Promise<boolean> {
  return (await suite.makerRegistry.makerOf(makerId)).verified;
}

async function publishRun(story: Story, makerId: bigint): Promise<Omit<Production, "makerId">> {
  const { makerRegistry } = story.suite;
  story.tell(
    `Each device makes its own key in the factory. Cascade puts the hashes of all ${count(RUN)} keys
     into one Merkle tree and publishes nothing but its root.`,
  );
  const model = id("Cascade WX-4");
  const station = await P256Key.generate();
  const [logger, spare, ...others] = generateKeys(RUN - 1);
  if (logger === undefined || spare === undefined) throw new Error("The run is too short");
  const keys = [station, logger, spare, ...others];
  const batch = new Batch(keys.map(({ keyHash }) => ({ keyHash, modelHash: model })));

  await story.act(
    "maker",
    `vouches for ${count(batch.count)} devices in one transaction`,
    makerRegistry.publishBatch.populateTransaction(
      makerId,
      batch.root,
      batch.count,
      "https://cascade.example/batches/1.json",
    ),
  );
  const lot = Number((await makerRegistry.makerOf(makerId)).lots);
  const root = makerRegistry.batchRootOf(makerId, lot);
  await story.check(
    `The chain holds the root of the batch, ${short(batch.root)}, as lot ${lot}`,
    root,
    batch.root,
  );
  return { lot, model, batch, station, logger, spare };
}

function generateKeys(amount: number): Secp256k1Key[] {
  return Array.from({ length: amount }, () => Secp256k1Key.generate());
}
