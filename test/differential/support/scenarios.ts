import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { accountOf } from './account-of.js';
import type { Reply } from './provider-replies.js';
import { all, type AnyStream, failure, helperOf, type Sdk, SDKS, streamOf } from './both-sdks.js';
import { type Scenario, Side } from './side.js';
import { OWN } from './scenarios-of-one-sdk.js';

const ANY_SDK: ReadonlyArray<{
  readonly name: string;
  readonly replies: readonly Reply[];
  readonly run: (sdk: Sdk, side: Side) => Promise<unknown>;
}> = [
  { name: 'a response', replies: ['ok'], run: async (sdk, side) => sdk.create(side) },
  {
    name: 'a response through then, catch and finally',
    replies: ['ok'],
    run: async (sdk, side) => {
      const promise = sdk.create(side) as Promise<unknown>;
      side.note('promise', Object.prototype.toString.call(promise));
      return promise.then(accountOf).finally(() => side.note('finally'));
    },
  },
  {
    name: 'asResponse()',
    replies: ['ok'],
    run: async (sdk, side) => {
      const response = await sdk.create(side).asResponse();
      side.note('response', response);
      return [await response.text(), response.bodyUsed, await failure(sdk, () => response.text())];
    },
  },
  {
    name: 'asResponse() of a stream',
    replies: ['ok'],
    run: async (sdk, side) => {
      const response = await sdk.stream(side).asResponse();
      side.note('response', response);
      return response.text();
    },
  },
  {
    name: 'an unread asResponse()',
    replies: ['ok'],
    run: async (sdk, side) => (await sdk.create(side).asResponse()).status,
  },
  {
    name: 'a clone of asResponse()',
    replies: ['ok'],
    run: async (sdk, side) => {
      const response = await sdk.create(side).asResponse();
      const copy = response.clone();
      side.note('copy', copy);
      return [await copy.json(), await response.json()];
    },
  },
  {
    name: 'asResponse() piped through a decoder',
    replies: ['ok'],
    run: async (sdk, side) => {
      const response = await sdk.stream(side).asResponse();
      return text(Readable.fromWeb(response.body!.pipeThrough(new TextDecoderStream()) as never));
    },
  },
  {
    name: 'withResponse()',
    replies: ['ok'],
    run: async (sdk, side) => {
      const { data, response, ...others } = await (
        sdk.create(side) as unknown as {
          withResponse(): Promise<{ data: unknown; response: Response }>;
        }
      ).withResponse();
      return { data, response, others };
    },
  },
  {
    name: 'withResponse() of a stream',
    replies: ['ok'],
    run: async (sdk, side) => {
      const { data, response } = await (
        sdk.stream(side) as unknown as {
          withResponse(): Promise<{ data: AnyStream; response: Response }>;
        }
      ).withResponse();
      side.note('response', response);
      return all(data);
    },
  },
  { name: 'a stream', replies: ['ok'], run: async (sdk, side) => all(await streamOf(sdk, side)) },
  {
    name: 'a stream left by break',
    replies: ['stall'],
    run: async (sdk, side) => {
      const stream = await streamOf(sdk, side, { signal: side.signal });
      side.noteListeners('while it is read');
      for await (const item of stream) {
        side.note('item', item);
        break;
      }
      side.noteListeners('after it was left');
      return stream.controller.signal.aborted;
    },
  },
  {
    name: 'a stream whose loop throws',
    replies: ['stall'],
    run: async (sdk, side) =>
      failure(sdk, async () => {
        for await (const item of await streamOf(sdk, side)) throw new Error('had enough', { cause: item });
      }),
  },
  {
    name: 'a stream aborted by its controller',
    replies: ['stall'],
    run: async (sdk, side) => {
      const stream = await streamOf(sdk, side);
      return failure(sdk, async () => {
        for await (const item of stream) {
          side.note('item', item);
          stream.controller.abort();
        }
      });
    },
  },
  {
    name: 'a stream aborted by a signal',
    replies: ['stall'],
    run: async (sdk, side) => {
      const stream = await streamOf(sdk, side, { signal: side.signal });
      const outcome = await failure(sdk, async () => {
        for await (const item of stream) {
          side.note('item', item);
          side.controller.abort(new Error('left the page'));
        }
      });
      side.noteListeners('after it was aborted');
      return outcome;
    },
  },
  {
    name: 'a stream that is read twice',
    replies: ['ok'],
    run: async (sdk, side) => {
      const stream = await streamOf(sdk, side);
      await all(stream);
      return failure(sdk, () => all(stream));
    },
  },
  {
    name: 'both branches of tee()',
    replies: ['ok'],
    run: async (sdk, side) => Promise.all((await streamOf(sdk, side)).tee().map(all)),
  },
  {
    name: 'toReadableStream()',
    replies: ['ok'],
    run: async (sdk, side) => {
      const stream = (await streamOf(sdk, side)).toReadableStream();
      side.note('stream', stream);
      return new Response(stream).text();
    },
  },
  {
    name: 'toReadableStream() that is cancelled',
    replies: ['stall'],
    run: async (sdk, side) => {
      const reader = (await streamOf(sdk, side)).toReadableStream().getReader();
      side.note('read', await reader.read());
      return reader.cancel();
    },
  },
  {
    name: 'the events of the helper stream()',
    replies: ['ok'],
    run: async (sdk, side) => {
      const helper = helperOf(sdk, side, { signal: side.signal });
      const final = await sdk.final(helper);
      side.noteListeners('after the end');
      return final;
    },
  },
  {
    name: 'the helper stream() in a loop',
    replies: ['ok'],
    run: async (sdk, side) => all(helperOf(sdk, side)),
  },
  {
    name: 'an aborted helper stream()',
    replies: ['stall'],
    run: async (sdk, side) => {
      const helper = helperOf(sdk, side);
      return failure(sdk, async () => {
        for await (const item of helper) {
          side.note('item', item);
          helper.abort();
        }
      });
    },
  },
  {
    name: 'the helper stream() of a failed request',
    replies: [400],
    run: async (sdk, side) => failure(sdk, () => helperOf(sdk, side).done()),
  },
  ...([400, 401, 403, 404, 409, 422, 429, 500] as const).map((status) => ({
    name: `the error of status ${status}`,
    replies: [status],
    run: async (sdk: Sdk, side: Side) => failure(sdk, async () => sdk.create(side)),
  })),
  {
    name: 'the error of a streamed request',
    replies: [429],
    run: async (sdk, side) => failure(sdk, async () => sdk.stream(side)),
  },
  {
    name: 'an error within a stream',
    replies: ['event error'],
    run: async (sdk, side) => failure(sdk, async () => all(await streamOf(sdk, side))),
  },
  {
    name: 'a cut stream',
    replies: ['cut'],
    run: async (sdk, side) => failure(sdk, async () => all(await streamOf(sdk, side))),
  },
  {
    name: 'a cut response',
    replies: ['cut'],
    run: async (sdk, side) => failure(sdk, async () => sdk.create(side)),
  },
  {
    name: 'a response that is not JSON',
    replies: ['malformed'],
    run: async (sdk, side) => failure(sdk, async () => sdk.create(side)),
  },
  {
    name: 'a response without a body',
    replies: ['empty'],
    run: async (sdk, side) => failure(sdk, async () => sdk.create(side)),
  },
  {
    name: 'a broken connection',
    replies: ['hang up'],
    run: async (sdk, side) => failure(sdk, async () => sdk.create(side)),
  },
  {
    name: 'a timeout',
    replies: ['silent'],
    run: async (sdk, side) => failure(sdk, async () => sdk.create(side, { timeout: 500 })),
  },
  {
    name: 'retries that succeed',
    replies: [500, 429, 'ok'],
    run: async (sdk, side) => sdk.create(side, { maxRetries: 2 }),
  },
  {
    name: 'retries after a broken connection',
    replies: ['hang up', 'ok'],
    run: async (sdk, side) => sdk.create(side, { maxRetries: 1 }),
  },
  {
    name: 'failed retries and their listeners',
    replies: [429],
    run: async (sdk, side) => {
      const outcome = await failure(sdk, async () =>
        sdk.create(side, { maxRetries: 2, signal: side.signal }),
      );
      side.noteListeners('after the last');
      return outcome;
    },
  },
  {
    name: 'an aborted signal',
    replies: ['ok'],
    run: async (sdk, side) => {
      side.controller.abort();
      return failure(sdk, async () => sdk.create(side, { signal: side.signal }));
    },
  },
  {
    name: 'an abort before the headers',
    replies: ['silent'],
    run: async (sdk, side) => {
      const received = side.received();
      const outcome = failure(sdk, async () => sdk.create(side, { signal: side.signal }));
      await received;
      side.noteListeners('while it waits');
      side.controller.abort('a reason');
      await outcome;
      side.noteListeners('after the abort');
      return outcome;
    },
  },
  {
    // openai/openai-node#1811
    name: 'one signal for many requests',
    replies: ['ok'],
    run: async (sdk, side) => {
      for (let index = 0; index < 6; index++) {
        await sdk.create(side, { signal: side.signal });
        await all(await streamOf(sdk, side, { signal: side.signal }));
        side.noteListeners(`after ${index}`);
      }
    },
  },
  {
    name: 'concurrent requests',
    replies: ['ok'],
    run: async (sdk, side) =>
      Promise.all([
        sdk.create(side),
        streamOf(sdk, side).then(all),
        failure(sdk, async () => sdk.create(side)),
      ]),
  },
];

export const SCENARIOS: readonly Scenario[] = [
  ...(['openai', 'anthropic'] as const).flatMap((name) =>
    ANY_SDK.map((scenario): Scenario => ({
      name: `${name}: ${scenario.name}`,
      replies: scenario.replies,
      run: (side) => scenario.run(SDKS[name], side),
    })),
  ),
  ...OWN,
];
