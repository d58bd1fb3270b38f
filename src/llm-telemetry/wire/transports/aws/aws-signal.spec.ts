import { observeSignals, signalOf } from './aws-signal.js';

/** Client of an older AWS SDK, which does not tell its middleware the signal. */
class OldClient {
  send(_command: object, _options?: { readonly abortSignal?: unknown }): unknown {
    return signalOf({});
  }
}

describe('the signal of an AWS request', () => {
  const { signal } = new AbortController();

  it('is that of the call of send, if the SDK does not tell it', () => {
    const client = new OldClient();
    observeSignals(client);
    expect(client.send({}, { abortSignal: signal })).toBe(signal);
    expect(client.send({}, { abortSignal: {} })).toBeUndefined();
    expect(client.send({})).toBeUndefined();
    expect(Reflect.ownKeys(client)).toEqual([]);
    expect(client.send.length).toBe(2);
  });

  it('is that of the context, if the SDK tells it', () => {
    expect(signalOf({ __smithy_context: { abortSignal: signal } })).toBe(signal);
  });

  it('is unknown for a frozen client, and passes errors of send', () => {
    const frozen = Object.freeze(new OldClient());
    observeSignals(frozen);
    expect(frozen.send({}, { abortSignal: signal })).toBeUndefined();
    const failing = new (class extends OldClient {
      override send(): never {
        throw new TypeError('failed');
      }
    })() as OldClient;
    observeSignals(failing);
    expect(() => failing.send({}, { abortSignal: signal })).toThrow('failed');
  });
});
