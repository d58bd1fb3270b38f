import OpenAI from 'openai';
import { Assistant, ended, lines, spans, start } from './support/annotated-orders.js';

/** Verifies the claims of docs/telemetry.md on prompts and completions. */

describe('content', () => {
  const NAMES = ['gen_ai.system_instructions', 'gen_ai.input.messages', 'gen_ai.output.messages'];

  it('is not recorded by default', async () => {
    await start();
    const { record } = await ended((assistant) => assistant.summarize('canary-user'));
    for (const { attributes } of await spans.all())
      for (const name of NAMES) expect(attributes).not.toHaveProperty([name]);
    expect(JSON.stringify(record)).not.toContain('canary');
    expect(JSON.stringify(lines())).not.toContain('canary');
  });

  const ask =
    (content: OpenAI.ChatCompletionContentPart[], stream = false) =>
    (assistant: Assistant) =>
      assistant.send(async () => {
        const answer = await assistant.openai.chat.completions.create({
          model: 'gpt-4o-mini',
          messages: [
            { role: 'system', content: 'Be brief.' },
            { role: 'user', content },
          ],
          stream,
        });
        if (Symbol.asyncIterator in answer) for await (const _ of answer) continue;
      });

  it('is on the span of the attempt and in the record, redacted by location, with assembled streams', async () => {
    const places = new Set<string>();
    await start({
      content: {
        capture: 'messages',
        redact: (text, where) => {
          places.add(where);
          return text.replaceAll(/[\w.]+@[\w.]+/g, '<email>');
        },
      },
    });
    const text = { type: 'text', text: 'I am me@example.com' } as const;
    const { record, attempts, call } = await ended(ask([text], true));
    expect(places).toEqual(new Set(['system', 'input', 'output']));
    for (const name of NAMES) expect(attempts[0]!.attributes).toHaveProperty([name]);
    for (const name of NAMES) expect(call.attributes).not.toHaveProperty([name]);
    expect(attempts[0]!.attributes['gen_ai.input.messages']).toContain('I am <email>');
    expect(record.attempts[0]!.content!.outputMessages).toHaveLength(1);
    expect(JSON.stringify(record)).not.toContain('me@example.com');
  });

  it('omits image data, and keeps URLs without query, fragment, user name and password', async () => {
    await start({ content: { capture: 'messages' } });
    const url = 'https://me:secret@example.com/cat.png?signature=canary#part';
    const picture = (url: string) => ({ type: 'image_url', image_url: { url } }) as const;
    const { attempts } = await ended(ask([picture('data:image/png;base64,aGVsbG8='), picture(url)]));
    const input = attempts[0]!.attributes['gen_ai.input.messages'] as string;
    expect(input).not.toMatch(/aGVsbG8|secret|canary|#part/);
    expect(input).toContain('"uri":"https://example.com/cat.png"');
  });

  it('is truncated at maxBytes and flagged', async () => {
    await start({ content: { capture: 'messages', maxBytes: 1024 } });
    const { attempts, record } = await ended(ask([{ type: 'text', text: 'long '.repeat(2000) }]));
    expect(attempts[0]!.attributes['llm.content_truncated']).toBe(true);
    expect(record.attempts[0]!.content!.truncated).toBe(true);
    expect((attempts[0]!.attributes['gen_ai.input.messages'] as string).length).toBeLessThan(2000);
  });
});
