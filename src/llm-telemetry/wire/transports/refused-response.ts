const responses = new WeakSet<Response>();

/**
 * Returns the response to a request that must not be sent. A `fetch` that rejects would be wrapped and retried by the SDKs;
 * this status and header make each of them throw at once, with its error for a response.
 */
export function refusedResponse(message: string): Response {
  const error = { type: 'budget_exceeded', code: 'budget_exceeded', message };
  const response = Response.json(
    { type: 'error', error },
    { status: 402, headers: { 'x-should-retry': 'false' } },
  );
  responses.add(response);
  return response;
}

/** Whether a value is the result of `refusedResponse`. */
export function isRefusedResponse(value: unknown): boolean {
  return responses.has(value as Response);
}
