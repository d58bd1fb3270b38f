/** A response that is kept at the provider: `previous_response_id` and GET ask for it. */
export interface StoredResponse {
  readonly model: string;
  /** Tokens of the whole conversation up to its end. */
  readonly contextTokens: number;
  /** What a GET answers. */
  readonly body: object;
}

/** The responses that are kept, the latest of them. */
export class StoredResponses {
  private readonly byId = new Map<string, StoredResponse>();

  keep(id: string, response: StoredResponse): void {
    this.byId.set(id, response);
    if (this.byId.size > KEPT) this.byId.delete(this.byId.keys().next().value!);
  }

  find(id: string): StoredResponse | undefined {
    return this.byId.get(id);
  }
}

const KEPT = 1000;
