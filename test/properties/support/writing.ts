import type { Said, Script, ScriptEvent } from './script.js';
import { NOTHING_SAID } from './script.js';

/** Serialization of a response. All serializations are equivalent. */
export interface Writing {
  readonly json: keyof typeof JSON_WRITERS;
  readonly lineEnd: keyof typeof LINE_ENDS;
  readonly spaced: boolean;
  /** Adds comments, which some providers send to keep a connection open. */
  readonly comments: boolean;
  readonly ids: boolean;
  readonly byteOrderMark: boolean;
  /** The last event ends with a blank line, as the standard requires. */
  readonly lastEnded: boolean;
}

export const JSON_WRITERS = {
  /** Format of OpenAI and Anthropic. */
  compact: (value: unknown) => JSON.stringify(value),
  /** Format of Python's `json.dumps`. */
  spaced: (value: unknown) => escapeNonAscii(JSON.stringify(value, null, 1).replaceAll(/\n\s*/g, ' ')),
  ascii: (value: unknown) => escapeNonAscii(JSON.stringify(value)),
  /** Multi-line JSON, with a data line for each line. */
  lines: (value: unknown) => JSON.stringify(value, null, 1),
};

export const LINE_ENDS = {
  LF: ['\n'],
  CRLF: ['\r\n'],
  CR: ['\r'],
  mixed: ['\n', '\r\n', '\n'],
};

/** Serialized response with the positions of its parts. */
export interface Written {
  readonly bytes: Buffer;
  /** A JSON body has one part. */
  readonly parts: readonly WrittenPart[];
}

export interface WrittenPart {
  readonly type: string;
  readonly start: number;
  /** Offset after the last byte of its data. */
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

/** Returns the contents of the first `read` bytes of a response. */
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
