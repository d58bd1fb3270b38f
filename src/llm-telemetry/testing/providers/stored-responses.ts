/** Response stored at the provider, for `previous_response_id` and GET. */
export interface StoredResponse {
  readonly model: string;
  /** Tokens of the conversation, including this response. */
  readonly contextTokens: number;
  /** Body of a GET. */
  readonly body: object;
}

/** Stores the latest 1,000 responses. */
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
