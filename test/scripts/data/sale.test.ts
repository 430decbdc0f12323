import { createReadStream } from "node:fs";
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import { StandardMerkleTree } from "@openzeppelin/merkle-tree";
import { expect } from "chai";
import { id, Wallet } from "ethers";

import { marketDomain, Use } from "../../../scripts/lib/data/accessRequest.js";
import { encryptContent, EncryptedFile } from "../../../scripts/lib/data/content.js";
import { startGateway } from "../../../scripts/lib/data/gateway.js";
import { fetchContent } from "../../../scripts/lib/data/gatewayClient.js";
import { MerkleFile } from "../../../scripts/lib/data/merkleFile.js";
import { buildTree, readRecords } from "../../../scripts/lib/data/records.js";
import { RecordSchema } from "../../../scripts/lib/data/schema.js";
import { EncryptionKey, seal } from "../../../scripts/lib/data/sealing.js";
import { type TemporaryFolder, temporaryFolder } from "./temporary.js";

const FILE = fileURLToPath(
  new URL("../data/seattle-weather.csv", import.meta.resolve("vega-datasets")),
);
const WEATHER = new RecordSchema([
  { name: "date", type: "time" },
  { name: "precipitation", type: "uint32", decimals: 1 },
  { name: "temp_max", type: "int32", decimals: 1 },
  { name: "temp_min", type: "int32", decimals: 1 },
  { name: "wind", type: "uint32", decimals: 1 },
  { name: "weather", type: "string" },
]);

describe("a sale of four years of weather", () => {
  let folder: TemporaryFolder;
  beforeEach(async () => {
    folder = await temporaryFolder();
  });
  afterEach(() => folder.remove());

  it("ends with a record that its buyer can prove", async () => {
    const buyer = new Wallet(id("the buyer"));
    const encryptionKey = EncryptionKey.generate();
    const sale = { offerId: id("the offer"), holder: buyer.address };

    // The seller publishes the root, encrypts the file, and has a gateway hand it out.
    const { root, recordCount } = await buildTree(FILE, WEATHER, folder.path("sold.tree"));
    expect(recordCount).to.equal(1_461);
    const encrypted = folder.path("sold");
    const { key } = await encryptContent(createReadStream(FILE), encrypted, { contentId: root });
    const content = await EncryptedFile.open(encrypted);
    const domain = marketDomain(31337, "0x00000000000000000000000000000000000000D1");
    const gateway = await startGateway({
      domain,
      chain: {
        canAccess: async (offerId, user) => offerId === sale.offerId && user === sale.holder,
      },
      content: () => content,
    });

    // The key travels through the chain; the buyer opens it, and the content with it.
    const delivered = seal(encryptionKey.publicKey, key, sale);
    const bought = folder.path("bought.csv");
    const wanted = { offerId: sale.offerId, use: Use.Internal, epoch: 0 };
    const opened = { key: encryptionKey.open(delivered, sale), contentId: root };
    await writeFile(bought, fetchContent(gateway.origin, buyer, domain, wanted, opened));
    await gateway.close();
    await content.close();

    // What he has is what was signed, and he can prove any record of it to others.
    const treeFile = folder.path("bought.tree");
    expect(await buildTree(bought, WEATHER, treeFile)).to.include({ root });
    const tree = await MerkleFile.open(treeFile);
    let index = 0;
    for await (const values of readRecords(bought, WEATHER)) {
      if (index % 100 === 0) {
        const proof = await tree.proof(index);
        expect(StandardMerkleTree.verify(root, [...WEATHER.types], values, proof)).to.be.true;
      }
      index += 1;
    }
    await tree.close();
    expect(index).to.equal(recordCount);
  });
});
