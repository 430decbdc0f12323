// Who is let in: an access request that its user signed becomes a token, if the chain says so, and the token
// opens the chunks of that one offer and epoch, for as long as the chain says so.
//
// A nonce is held before anything is awaited that follows the signature's check, so of two copies of a request
// one at most passes; and only then, so nobody burns another's. It is kept till the request's deadline once a
// token was given for it. Where the chain says no or does not answer, it is let go: nothing was given, the same
// request may be tried again, and people without a grant cannot fill the memory.
import { createHash, randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

import { type TypedDataDomain, TypedDataEncoder, verifyTypedData } from "ethers";

import { ACCESS_REQUEST, type AccessRequest, type SignedAccessRequest } from "./accessRequest.js";
import type { ChainAccess } from "./chainAccess.js";
import { ExpiringMap } from "./expiring.js";
import { Refusal } from "./refusal.js";

/** Times are in milliseconds. */
export interface AdmissionRules {
  domain: TypedDataDomain;
  /** The gateway's public origin. */
  origin: string;
  chain: ChainAccess;
  clock: () => number;
  /** How far ahead a deadline may be. */
  longestDeadline: number;
  /** How long a token lives. */
  tokenLife: number;
  /** How long the chain's yes is believed. */
  recheckAfter: number;
  /** How long the chain may think. */
  patience: number;
  /** How many nonces, and how many tokens, are remembered. */
  capacity: number;
  /** Gets to see what the chain failed with; whoever asked does not. */
  onError: (error: unknown) => void;
}

/** What a token stands for. */
export interface Visit extends Pick<AccessRequest, "offerId" | "user" | "use" | "epoch"> {
  /** The chain's last answer, or the one that is awaited, and when it was asked for. */
  allowed: Promise<true>;
  askedAt: number;
}

export class Admission {
  readonly #nonces: ExpiringMap<true>;
  readonly #visits: ExpiringMap<Visit>;

  constructor(readonly rules: AdmissionRules) {
    this.#nonces = new ExpiringMap(rules.capacity, rules.clock);
    this.#visits = new ExpiringMap(rules.capacity, rules.clock);
  }

  /** Gives a token for a request, or refuses; `prepare` fetches what goes with it, once access is sure. */
  async admit<T>(
    { request, signature }: SignedAccessRequest,
    prepare: () => Promise<T>,
  ): Promise<{ token: string; expiresAt: number; prepared: T }> {
    this.#checkTerms(request);
    if (!(await this.#isSignedByUser(request, signature))) {
      throw new Refusal(
        401,
        "InvalidSignature",
        "The user did not sign this request for this market on this chain: sign it again.",
      );
    }
    this.#checkTerms(request); // a contract may have thought until after the deadline
    const nonce = `${request.user}/${request.nonce}`;
    this.#hold(nonce, request.deadline * 1000);
    try {
      const { clock, tokenLife } = this.rules;
      const { offerId, user, use, epoch } = request;
      const askedAt = clock();
      const allowed = Promise.resolve(await this.#ask(request));
      const prepared = await prepare();
      const token = randomBytes(32).toString("base64url");
      const end = clock() + tokenLife;
      const visit = { offerId, user, use, epoch, allowed, askedAt };
      if (!this.#visits.set(keyOf(token), visit, end)) throw full();
      return { token, expiresAt: Math.floor(end / 1000), prepared };
    } catch (error) {
      this.#nonces.delete(nonce);
      throw error;
    }
  }

  /** What a token stands for, while it lives. */
  visitOf(token: string): Visit | undefined {
    return this.#visits.get(keyOf(token));
  }

  /** Asks the chain again when its last yes is some seconds old; once for all chunks that wait for it. */
  async recheck(token: string, visit: Visit): Promise<void> {
    const now = this.rules.clock();
    if (now - visit.askedAt >= this.rules.recheckAfter) {
      visit.askedAt = now;
      visit.allowed = this.#ask(visit);
    }
    try {
      await visit.allowed;
    } catch (error) {
      visit.askedAt = -Infinity; // whoever comes next asks anew
      if (error instanceof Refusal && error.status === 403) this.#visits.delete(keyOf(token));
      throw error;
    }
  }

  #checkTerms({ gateway, deadline }: AccessRequest): void {
    const { origin, clock, longestDeadline } = this.rules;
    if (gateway !== origin) {
      throw new Refusal(
        403,
        "ForeignRequest",
        `The request is not for ${origin}: sign one that is.`,
      );
    }
    const left = deadline * 1000 - clock();
    if (left <= 0) {
      throw new Refusal(401, "ExpiredRequest", "The deadline has passed: sign a new request.");
    }
    if (left > longestDeadline) {
      const minutes = longestDeadline / 60_000;
      throw new Refusal(
        400,
        "DeadlineTooFar",
        `The deadline is more than ${minutes} minutes ahead: sign a request with an earlier one.`,
      );
    }
  }

  async #isSignedByUser(request: AccessRequest, signature: string): Promise<boolean> {
    const { domain, chain } = this.rules;
    try {
      if (verifyTypedData(domain, ACCESS_REQUEST, request, signature) === request.user) return true;
    } catch {
      // Not the signature of a key; a contract may take it all the same.
    }
    const digest = TypedDataEncoder.hash(domain, ACCESS_REQUEST, request);
    return this.#answerOf(chain.isValidSignature?.(request.user, digest, signature));
  }

  #hold(nonce: string, end: number): void {
    if (this.#nonces.get(nonce) === true) {
      throw new Refusal(
        409,
        "UsedNonce",
        "The request was used before: sign one with a new nonce.",
      );
    }
    if (!this.#nonces.set(nonce, true, end)) throw full();
  }

  /** Answers yes or throws, so that a no cannot be overlooked. */
  async #ask({ offerId, user, use, epoch }: Omit<Visit, "allowed" | "askedAt">): Promise<true> {
    const isAllowed = await this.#answerOf(this.rules.chain.canAccess(offerId, user, use, epoch));
    if (isAllowed) return true;
    throw new Refusal(
      403,
      "AccessDenied",
      "The user has no grant for this use of this epoch: buy one, or ask for what was bought.",
    );
  }

  /** What the chain answers, if it does in time; without a question, no. */
  async #answerOf(question: Promise<boolean> = Promise.resolve(false)): Promise<boolean> {
    const { patience, onError } = this.rules;
    const waiting = new AbortController();
    const late = sleep(patience, undefined, { signal: waiting.signal }).then(() => {
      throw new Error(`The chain did not answer within ${patience} ms`);
    });
    try {
      return await Promise.race([question, late]);
    } catch (error) {
      onError(error);
      throw silent();
    } finally {
      waiting.abort();
    }
  }
}

/** Only hashes are looked up, so how long that takes says nothing about a token. */
function keyOf(token: string): string {
  return createHash("sha256").update(token).digest("base64url");
}

function silent(): Refusal {
  return busy("ChainUnavailable", "The chain does not answer: send the same request again.", 5);
}

function full(): Refusal {
  return busy("GatewayFull", "Too many people are being served: come back in a minute.", 60);
}

function busy(name: string, message: string, seconds: number): Refusal {
  return new Refusal(503, name, message, { "Retry-After": String(seconds) });
}
