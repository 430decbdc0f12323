// Where the encrypted content is fetched from, and how a buyer comes by what he bought.
import { createReadStream } from "node:fs";
import { writeFile } from "node:fs/promises";
import path from "node:path";

import type { TypedDataDomain } from "ethers";

import type { AccountName } from "../../lib/accounts.js";
import { marketDomain } from "../../lib/data/accessRequest.js";
import { chainAccess } from "../../lib/data/chainAccess.js";
import { encryptContent, EncryptedFile } from "../../lib/data/content.js";
import { startGateway } from "../../lib/data/gateway.js";
import { fetchContent, requestAccess, type Wanted } from "../../lib/data/gatewayClient.js";
import type { Manifest } from "../../lib/data/manifest.js";
import { Refusal } from "../../lib/data/refusal.js";
import type { Story } from "../story.js";

/** Bytes in a chunk: so few that even three years of weather come in more than one. */
const CHUNK_SIZE = 8 << 10;

/** A gateway on this machine, and the folder that everybody's files are in. */
export interface Shop {
  origin: string;
  domain: TypedDataDomain;
  path: (name: string) => string;
  /** Encrypts a file; what it contains is known by its records' root. */
  encrypt: (file: string, contentId: string) => Promise<Encrypted>;
  /** Has the gateway hand content out to whoever holds a grant of the offer. */
  stock: (offerId: string, content: EncryptedFile) => void;
  close: () => Promise<void>;
}

/** Content on disk, and the key that opens it. */
export interface Encrypted {
  key: Uint8Array;
  content: EncryptedFile;
}

/** Starts the gateway. It has no key; whom it lets in, it asks the market. */
export async function openShop({ connection, suite }: Story, folder: string): Promise<Shop> {
  const { provider } = connection.ethers;
  const { chainId } = await provider.getNetwork();
  const domain = marketDomain(chainId, await suite.dataMarket.getAddress());
  const shelf = new Map<string, EncryptedFile>();
  const files: EncryptedFile[] = [];
  const gateway = await startGateway({
    domain,
    chain: chainAccess(suite.dataMarket, provider),
    content: (offerId) => shelf.get(offerId),
  });
  return {
    origin: gateway.origin,
    domain,
    path: (name) => path.join(folder, name),
    encrypt: async (file, contentId) => {
      const encrypted = `${file}.encrypted`;
      const options = { contentId, chunkSize: CHUNK_SIZE };
      const { key } = await encryptContent(createReadStream(file), encrypted, options);
      const content = await EncryptedFile.open(encrypted);
      files.push(content);
      return { key, content };
    },
    stock: (offerId, content) => shelf.set(offerId, content),
    close: async () => {
      await gateway.close();
      for (const file of files) await file.close();
    },
  };
}

type Visitor = Pick<Wanted, "offerId" | "use"> & { who: AccountName };

/** What the gateway answers to somebody's signed request: 200, or the status of its refusal. */
export async function knock(story: Story, shop: Shop, visitor: Visitor): Promise<number> {
  try {
    await enter(story, shop, visitor);
    return 200;
  } catch (error) {
    if (error instanceof Refusal) return error.status;
    throw error;
  }
}

/** Signs a request, and hears what there is to fetch. */
export async function enter(
  { accounts }: Story,
  { origin, domain }: Shop,
  { who, offerId, use }: Visitor,
): Promise<Manifest> {
  const wanted = { offerId, use, epoch: 0 };
  return (await requestAccess(origin, accounts[who], domain, wanted)).manifest;
}

/** Fetches a dataset, chunk by chunk, and decrypts it into `file`. */
export async function fetchTo(
  file: string,
  { accounts }: Story,
  { origin, domain }: Shop,
  { who, offerId, use, ...opened }: Visitor & { key: Uint8Array; contentId: string },
): Promise<void> {
  const wanted = { offerId, use, epoch: 0 };
  await writeFile(file, fetchContent(origin, accounts[who], domain, wanted, opened));
}
