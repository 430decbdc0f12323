// What every chapter tells its part with: who does it, what it costs, whether the chain agrees.
import type { TransactionReceipt, TransactionRequest } from "ethers";
import type { NetworkConnection } from "hardhat/types/network";

import type { AccountName, Accounts } from "../lib/accounts.js";
import type { Suite } from "../lib/deploy.js";
import { type ContractError, describeError, explainRefusal } from "../lib/errors.js";
import { value } from "../lib/format.js";
import { iotexGas } from "../lib/iotexGas.js";
import { chapter, note, paragraph, refused, say, success, wrong } from "../lib/terminal.js";
import { costLine, type Entry } from "./ledger.js";

/** What the accounts of a local chain are called in the story. */
const NAMES: Record<AccountName, string> = {
  deployer: "The deployer",
  admin: "The admin",
  guardian: "The guardian",
  makerVerifier: "The verifier",
  maker: "Cascade",
  alice: "Alice",
  bob: "Bob",
  carol: "Carol",
  relayer: "The relayer",
  stranger: "A stranger",
  treasury: "The treasury",
  dave: "Dave",
  arbiter: "The arbiter",
  erin: "Erin",
  frank: "Frank",
  grace: "Grace",
  heidi: "Heidi",
  ivan: "Ivan",
  judy: "Judy",
  kim: "Kim",
};

/** What somebody is called within a sentence. */
export function nameOf(who: AccountName): string {
  return NAMES[who].replace(/^(The|A) /, (article) => article.toLowerCase());
}

/** A transaction, or one that is still being signed. */
export type Prepared = TransactionRequest | Promise<TransactionRequest>;

/** The error that a refusal must come with: its name and, in order, its values. */
export interface Expected {
  error: string;
  args: readonly unknown[];
  /** The error in plain words, with its values. */
  because: string;
}

/** The story so far: where it happens, what it cost, and what of it proved true. */
export class Story {
  readonly connection: NetworkConnection;
  readonly accounts: Accounts;
  readonly suite: Suite;
  readonly ledger: Entry[] = [];
  readonly failures: string[] = [];
  passed = 0;
  #chapters = 0;
  #chapter = "";
  /** The last line printed was the empty one after a paragraph. */
  #proseIsOpen = false;

  constructor(connection: NetworkConnection, accounts: Accounts, suite: Suite) {
    this.connection = connection;
    this.accounts = accounts;
    this.suite = suite;
  }

  /** Opens the next chapter, with a few sentences on what it is about. */
  chapter(title: string, introduction: string): void {
    this.#chapters += 1;
    this.#chapter = title;
    chapter(this.#chapters, title);
    this.#proseIsOpen = true;
    this.tell(introduction);
  }

  /** Some sentences between two events. */
  tell(text: string): void {
    if (!this.#proseIsOpen) console.log();
    paragraph(text);
    console.log();
    this.#proseIsOpen = true;
  }

  /** Somebody does something: sends the transaction, and prints who did what at which price. */
  async act(who: AccountName, did: string, prepared: Prepared): Promise<TransactionReceipt> {
    const response = await this.accounts[who].sendTransaction(await prepared);
    const receipt = await response.wait();
    if (receipt?.status !== 1) throw new Error(`"${NAMES[who]} ${did}" did not go through`);
    const ethereum = Number(receipt.gasUsed);
    const entry = { who: NAMES[who], did, ethereum, iotex: iotexGas(response, ethereum) };
    this.ledger.push({ chapter: this.#chapter, ...entry });
    this.#proseIsOpen = false;
    say(`▸ ${entry.who} ${did}.`);
    note(costLine(entry));
    return receipt;
  }

  /** Claims something and has the chain say whether it is so. */
  async check(claim: string, fact: unknown, expected: unknown = true): Promise<void> {
    const found = await fact;
    this.#proseIsOpen = false;
    if (same(found, expected)) {
      this.passed += 1;
      success(claim);
    } else {
      this.#fails(claim, `${value(found)} instead of ${value(expected)}`);
    }
  }

  /** Somebody tries what must not be: the transaction has to be refused with exactly this error. */
  async refused(
    who: AccountName,
    tried: string,
    prepared: Prepared,
    { error, args, because }: Expected,
  ): Promise<void> {
    const claim = `${NAMES[who]} ${tried}.`;
    this.#proseIsOpen = false;
    const { provider } = this.connection.ethers;
    const transaction = { ...(await prepared), from: this.accounts[who].address };
    let reason: ContractError | undefined;
    try {
      await this.accounts[who].sendTransaction(transaction);
      this.#fails(claim, "it went through");
      return;
    } catch (thrown) {
      reason = await explainRefusal(thrown, provider, transaction);
    }
    const given = reason === undefined ? "no reason that could be read" : describeError(reason);
    if (reason?.name === error && same([...reason.args], args)) {
      this.passed += 1;
      refused(claim);
      say(`  Refused: ${because}.`);
      note(given);
    } else {
      this.#fails(claim, `${given} instead of ${error}(${args.map(value).join(", ")})`);
    }
  }

  /** The chain's time, in seconds. */
  now(): Promise<number> {
    return this.connection.networkHelpers.time.latest();
  }

  /** Lets time go by. */
  async pass(seconds: number, said: string): Promise<void> {
    await this.connection.networkHelpers.time.increase(seconds);
    this.#proseIsOpen = false;
    say(`◷ ${said}`);
  }

  #fails(claim: string, found: string): void {
    this.failures.push(claim);
    wrong(claim);
    note(`The chain says: ${found}`);
  }
}

/** Numbers of either kind, and texts in any case, are the same if they read the same. */
function same(one: unknown, other: unknown): boolean {
  const plain = (thing: unknown): string =>
    Array.isArray(thing) ? thing.map(plain).join(",") : String(thing).toLowerCase();
  return plain(one) === plain(other);
}
