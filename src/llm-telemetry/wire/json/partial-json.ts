import { parseJson } from './json-value.js';

/**
 * Parses truncated JSON: open strings, arrays and objects are closed where the text ends. Members without a value are
 * omitted, as are numbers and literals at the end, which may be incomplete. Returns `undefined` if the text does not
 * start as JSON.
 */
export function parsePartialJson(text: string): unknown {
  const open: string[] = [];
  let expectsKey = false;
  let end = 0;
  let quote = '';
  for (let at = 0; at < text.length; at++) {
    switch (text[at]) {
      case '{':
      case '[':
        expectsKey = text[at] === '{';
        open.push(expectsKey ? '}' : ']');
        end = at + 1;
        break;
      case '}':
      case ']':
        open.pop();
        end = at + 1;
        break;
      case ',':
        expectsKey = open.at(-1) === '}';
        end = at;
        break;
      case ':':
        expectsKey = false;
        break;
      case '"': {
        const last = endOfString(text, at + 1);
        if (!expectsKey) end = last === null ? endOfWholeText(text) : last + 1;
        if (last === null && !expectsKey) quote = '"';
        at = last ?? text.length;
        break;
      }
      default:
    }
  }
  return parseJson(text.slice(0, end) + quote + open.toReversed().join(''));
}

/** Returns the index of the closing quote of the string that starts at `from`; `null` if there is none. */
function endOfString(text: string, from: number): number | null {
  for (let at = from; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '"') return at;
  }
  return null;
}

/** Returns the length of the text without an incomplete escape sequence or surrogate pair at its end. */
function endOfWholeText(text: string): number {
  const escape = /(?<!\\)(?:\\\\)*(\\(?:u[\da-fA-F]{0,3})?)$/.exec(text.slice(-64));
  const broken = escape?.[1] ?? /[\uD800-\uDBFF]$/.exec(text)?.[0] ?? '';
  return text.length - broken.length;
}
