/**
 * Backend for the worker of the compiled library: sends its requests to a database in the process of a test
 * (`test/support/database-server.ts`).
 */
import { DatabaseError } from '../../dist/modules/llm-telemetry/store/core/shared-backend.js';

export function createBackend({ url, hasPassword }, { secret }) {
  const request = async (path, body) => {
    let response;
    try {
      response = await fetch(url + path, {
        method: 'POST',
        body: JSON.stringify(body),
        headers: hasPassword ? { authorization: await secret() } : {},
      });
    } catch (error) {
      throw new DatabaseError('unreachable', error.cause?.code ?? error.message);
    }
    if (response.status === 503) throw new DatabaseError(await response.text(), 'It is away.');
    if (!response.ok) throw new Error(await response.text());
    return response.json();
  };
  const notRead = () => Promise.reject(new DatabaseError('forbidden', 'It is not read.'));
  return {
    open: () => request('/open', {}),
    write: ({ instance, number, calls }) =>
      request('/write', {
        instance,
        number,
        calls: calls.map(({ id, text }) => ({ id: Buffer.from(id).toString('hex'), text })),
      }),
    beat: (instance, waiting) => request('/beat', { instance, waiting }),
    upkeep: () => request('/open', {}),
    close: () => Promise.resolve(),
    stats: notRead,
    horizons: notRead,
  };
}
