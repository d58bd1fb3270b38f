import { installedPrices } from './installed-prices.js';
import { parsePriceTable, type TableRow } from './parse-price-table.js';

/** Bytes. The table of November 2026 has less than 2 MB. */
const MAX_BYTES = 16 * 1024 * 1024;
const TIMEOUT_MS = 30_000;

/**
 * Loads the table that `@pydantic/genai-prices` publishes between its releases. Sends nothing but a GET request.
 *
 * @throws Error if the table cannot be loaded in time, is too large or is invalid
 */
export async function loadPublishedTable(signal?: AbortSignal): Promise<readonly TableRow[]> {
  const { REMOTE_DATA_JSON_URL } = installedPrices();
  const signals = [AbortSignal.timeout(TIMEOUT_MS), ...(signal ? [signal] : [])];
  const response = await fetch(REMOTE_DATA_JSON_URL, { signal: AbortSignal.any(signals), redirect: 'error' });
  if (!response.ok) {
    await response.body?.cancel();
    throw new Error(`${REMOTE_DATA_JSON_URL} responded with status ${response.status}.`);
  }
  return parsePriceTable(JSON.parse(await boundedText(response)));
}

async function boundedText({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body ?? []) {
    size += chunk.byteLength;
    if (size > MAX_BYTES) throw new Error(`The table is larger than ${MAX_BYTES} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
