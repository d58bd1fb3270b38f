const responses = new WeakSet<Response>();

/**
 * Creates the response to a request that must not be sent. SDKs wrap and retry a rejected `fetch`, whereas this status
 * and header make them throw an API error without a retry.
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

/** Returns whether a value was returned by `refusedResponse`. */
export function isRefusedResponse(value: unknown): boolean {
  return responses.has(value as Response);
}
