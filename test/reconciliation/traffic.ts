import { Injectable } from '@nestjs/common';
import Anthropic from '@anthropic-ai/sdk';
import { LlmCall } from 'nestjs-llm-telemetry';
import OpenAI from 'openai';

/** Random parameters of one call. */
export interface Draw {
  readonly index: number;
  readonly stream: boolean;
  /** Number of pieces after which the application leaves a stream. `null`: it reads to the end. */
  readonly leavesAfter: number | null;
  /** The application leaves the stream by aborting. */
  readonly aborts: boolean;
  readonly usesTool: boolean;
  readonly searches: boolean;
  /** Requests the usage of an OpenAI stream. */
  readonly asksUsage: boolean;
  /** The provider cuts the stream after some tokens. */
  readonly isCut: boolean;
  readonly tier: 'default' | 'flex' | 'priority';
}

/** Methods of the service. */
export type Work = 'summarize' | 'research' | 'triage' | 'assist';

const TOOL = { type: 'object' as const, properties: { city: { type: 'string' } }, required: ['city'] };

/** Long enough for a provider to cache it. */
const HANDBOOK = `You answer for a shop. ${'Lamps are sold with their cables, and never without. '.repeat(110)}`;

/**
 * Service with two features on two providers. Independently of telemetry, it records the feature of each request by the
 * request ID that the SDKs return.
 */
@Injectable()
export class Traffic {
  readonly featureOf = new Map<string, string>();

  constructor(
    private readonly openai: OpenAI,
    private readonly anthropic: Anthropic,
  ) {}

  @LlmCall({ feature: 'orders', operation: 'summarize' })
  async summarize(draw: Draw): Promise<void> {
    const body = {
      model: draw.index % 4 === 0 ? 'gpt-4o' : 'gpt-4o-mini',
      max_tokens: 20 + (draw.index % 60),
      messages: [
        { role: 'system' as const, content: draw.index % 3 === 0 ? HANDBOOK : 'You summarize orders.' },
        { role: 'user' as const, content: order(draw) },
      ],
      ...(draw.usesTool
        ? {
            tools: [{ type: 'function' as const, function: { name: 'weather', parameters: TOOL } }],
            tool_choice: 'required' as const,
          }
        : {}),
    };
    if (!draw.stream) {
      this.note('orders', await this.openai.chat.completions.create(body).withResponse());
      return;
    }
    const options = draw.asksUsage ? { stream_options: { include_usage: true } } : {};
    const controller = new AbortController();
    const streamed = await this.openai.chat.completions
      .create({ ...body, stream: true, ...options }, { signal: controller.signal, ...cutting(draw) })
      .withResponse();
    this.note('orders', streamed);
    await read(streamed.data, draw, controller);
  }

  @LlmCall({ feature: 'orders', operation: 'research' })
  async research(draw: Draw): Promise<void> {
    const body = {
      model: 'gpt-5-mini',
      input: order(draw),
      max_output_tokens: 60 + (draw.index % 60),
      service_tier: draw.tier,
      ...(draw.searches ? { tools: [{ type: 'web_search' as const }] } : {}),
    };
    if (!draw.stream) {
      this.note('orders', await this.openai.responses.create(body).withResponse());
      return;
    }
    const controller = new AbortController();
    const streamed = await this.openai.responses
      .create({ ...body, stream: true }, { signal: controller.signal, ...cutting(draw) })
      .withResponse();
    this.note('orders', streamed);
    await read(streamed.data, draw, controller);
  }

  @LlmCall({ feature: 'support', operation: 'triage' })
  async triage(draw: Draw): Promise<void> {
    await this.message('claude-haiku-4-5', 'support', draw);
  }

  /** Also makes a nested call for the other feature. */
  @LlmCall({ feature: 'support', operation: 'assist' })
  async assist(draw: Draw): Promise<void> {
    await this.message('claude-sonnet-4-6', 'support', draw);
    if (draw.index % 5 === 0) await this.summarize({ ...draw, stream: false });
  }

  private async message(model: string, feature: string, draw: Draw): Promise<void> {
    const body = {
      model,
      max_tokens: 20 + (draw.index % 60),
      system: [
        {
          type: 'text' as const,
          text: `${HANDBOOK} Shelf ${draw.index % 400}.`,
          ...(draw.index % 2 === 0 ? { cache_control: { type: 'ephemeral' as const } } : {}),
        },
      ],
      messages: [{ role: 'user' as const, content: order(draw) }],
      ...(draw.usesTool
        ? {
            tools: [{ name: 'weather', input_schema: TOOL }],
            tool_choice: { type: 'tool' as const, name: 'weather' },
          }
        : draw.searches
          ? { tools: [{ type: 'web_search_20250305' as const, name: 'web_search' as const }] }
          : {}),
    };
    if (!draw.stream) {
      this.note(feature, await this.anthropic.messages.create(body).withResponse());
      return;
    }
    const controller = new AbortController();
    const streamed = await this.anthropic.messages
      .create({ ...body, stream: true }, { signal: controller.signal, ...cutting(draw) })
      .withResponse();
    this.note(feature, streamed);
    await read(streamed.data, draw, controller);
  }

  private note(
    feature: string,
    { request_id: id }: { readonly request_id: string | null | undefined },
  ): void {
    if (id) this.featureOf.set(id, feature);
  }
}

async function read(stream: AsyncIterable<unknown>, draw: Draw, controller: AbortController): Promise<void> {
  let pieces = 0;
  for await (const piece of stream) {
    void piece;
    if (++pieces !== draw.leavesAfter) continue;
    if (!draw.aborts) return;
    controller.abort();
  }
}

/** Returns the header of a fault that the emulator injects on the first attempt only. */
function cutting({ isCut, index }: Draw): { headers?: Record<string, string> } {
  return isCut ? { headers: { 'x-emulator-fault': `cut after=${index % 12} attempts=1` } } : {};
}

function order({ index }: Draw): string {
  return `Order #${index}: ${(index % 9) + 1} x Lamp, ${(index % 4) + 1} x ${'very long '.repeat(index % 40)}cable.`;
}

/** Returns a generator of calls with a seed. */
export function drawing(seed: number): (index: number) => { readonly work: Work; readonly draw: Draw } {
  const random = seededDraws(seed);
  const happens = (rate: number): boolean => random() < rate;
  const works: readonly Work[] = ['summarize', 'summarize', 'research', 'triage', 'triage', 'assist'];
  return (index) => {
    const work = works[Math.floor(random() * works.length)]!;
    const stream = happens(0.4);
    return {
      work,
      draw: {
        index,
        stream,
        leavesAfter: stream && happens(0.08) ? 2 + Math.floor(random() * 20) : null,
        aborts: happens(0.5),
        usesTool: happens(0.1),
        searches: happens(0.05),
        asksUsage: happens(0.95),
        isCut: stream && happens(0.03),
        tier: happens(0.8) ? 'default' : happens(0.5) ? 'flex' : 'priority',
      },
    };
  };
}

/** Returns a generator of numbers in [0, 1) with a seed (mulberry32). */
export function seededDraws(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
