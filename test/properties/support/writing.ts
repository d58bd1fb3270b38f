import type { Said, Script, ScriptEvent } from './script.js';
import { NOTHING_SAID } from './script.js';

/** How an answer is written down: all ways mean the same. */
export interface Writing {
  readonly json: keyof typeof JSON_WRITERS;
  readonly lineEnd: keyof typeof LINE_ENDS;
  readonly spaced: boolean;
  /** Comments, as some providers send them to keep a connection open. */
  readonly comments: boolean;
  readonly ids: boolean;
  readonly byteOrderMark: boolean;
  /** Whether the last event is ended by a blank line, as it should. */
  readonly lastEnded: boolean;
}

export const JSON_WRITERS = {
  /** As OpenAI and Anthropic write it. */
  compact: (value: unknown) => JSON.stringify(value),
  /** As Python's `json.dumps` writes it. */
  spaced: (value: unknown) => escapeNonAscii(JSON.stringify(value, null, 1).replaceAll(/\n\s*/g, ' ')),
  ascii: (value: unknown) => escapeNonAscii(JSON.stringify(value)),
  /** On several lines, each of them a data line. */
  lines: (value: unknown) => JSON.stringify(value, null, 1),
};

export const LINE_ENDS = {
  LF: ['\n'],
  CRLF: ['\r\n'],
  CR: ['\r'],
  mixed: ['\n', '\r\n', '\n'],
};

/** The bytes of an answer, and where in them its parts are. */
export interface Written {
  readonly bytes: Buffer;
  /** Of a JSON body, one part. */
  readonly parts: readonly WrittenPart[];
}

export interface WrittenPart {
  readonly type: string;
  readonly start: number;
  /** Where the last byte of its data has been read. */
  readonly dataEnd: number;
  readonly said: Said;
}

export function write(script: Script, writing: Writing): Written {
  const mark = writing.byteOrderMark ? '\uFEFF' : '';
  if (script.events === null) {
    const bytes = Buffer.from(mark + JSON_WRITERS[writing.json](script.json));
    return { bytes, parts: [{ type: 'JSON', start: 0, dataEnd: bytes.length, said: script.said }] };
  }
  const blocks: Buffer[] = [Buffer.from(mark)];
  const parts: WrittenPart[] = [];
  let at = blocks[0]!.length;
  for (const [index, event] of script.events.entries()) {
    const [before, data] = linesOf(event, index, writing);
    const toDataEnd = Buffer.from(
      [...before, ...data].map((line, at) => (at > 0 ? ends(at) : '') + line).join(''),
    );
    function ends(line: number): string {
      const all = LINE_ENDS[writing.lineEnd];
      return all[line % all.length]!;
    }
    const isLast = index === script.events.length - 1;
    const rest = Buffer.from(isLast && !writing.lastEnded ? '' : ends(0) + ends(1));
    parts.push({ type: event.type, start: at, dataEnd: at + toDataEnd.length, said: event.said });
    blocks.push(toDataEnd, rest);
    at += toDataEnd.length + rest.length;
  }
  return { bytes: Buffer.concat(blocks), parts };
}

/** What has been said once the first `read` bytes of it are read. */
export function saidBy({ parts }: Written, read: number): Said {
  let said = NOTHING_SAID;
  for (const part of parts) if (part.dataEnd <= read) said = part.said;
  return said;
}

function linesOf(event: ScriptEvent, index: number, writing: Writing): [before: string[], data: string[]] {
  const space = writing.spaced ? ' ' : '';
  const before: string[] = [];
  if (writing.comments && index % 2 === 0) before.push(': ping "data: {}" – é');
  if (event.name !== null) before.push(`event:${space}${event.name}`);
  if (writing.ids) before.push(`id:${space}${index}`);
  const text = typeof event.data === 'string' ? event.data : JSON_WRITERS[writing.json](event.data);
  return [before, text.split('\n').map((line) => `data:${space}${line}`)];
}

function escapeNonAscii(json: string): string {
  return json.replaceAll(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
