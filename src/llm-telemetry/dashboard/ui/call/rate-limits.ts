import { duration, wholeCount } from '../formats/formats.js';
import { DAY, HOUR, MINUTE, SECOND } from '../../../units/time.js';

/** Meaning of a rate limit header: `limit`, `remaining` or `reset` of one kind of quantity. */
interface Part {
  readonly of: string;
  readonly what: 'limit' | 'remaining' | 'reset';
}

/** Words of header names without meaning for the quantity. */
const NOISE = new Set([
  'x',
  'anthropic',
  'ratelimit',
  'ratelimitbysize',
  'rate',
  'tokenlimit',
  'ms',
  'endpoint',
  'query',
]);

const ALIASES: Readonly<Record<string, string>> = {
  'prompt tokens': 'input tokens',
  'generated tokens': 'output tokens',
  'adjusted prompt tokens': 'input tokens',
  call: 'requests',
  'monthly call': 'requests a month',
};

/**
 * Describes the rate limit headers of a provider by kind of quantity:
 * `3,999 of 4,000 requests, reset in 2 s`. Headers of every known family (OpenAI, Azure, Groq, Cerebras, Fireworks,
 * Together, Anthropic, Mistral, Cohere) differ only in the order of the same words.
 */
export function rateLimitTexts(headers: Readonly<Record<string, string>>, now: number): readonly string[] {
  const groups = new Map<string, Partial<Record<Part['what'], string>>>();
  for (const [header, value] of Object.entries(headers)) {
    const { of, what } = partOf(header);
    groups.set(of, { ...groups.get(of), [what]: value });
  }
  const rank = (of: string): number => ORDER.findIndex((word) => of.startsWith(word)) + 1 || ORDER.length + 1;
  return [...groups].sort(([a], [b]) => rank(a) - rank(b)).map(([of, values]) => textOf(of, values, now));
}

const ORDER = ['requests', 'tokens', 'input', 'output'];

function partOf(header: string): Part {
  const name = header.toLowerCase();
  // The default quantity is requests, except for names such as Together's `x-tokenlimit-remaining`.
  const otherwise = /tokenlimit|bysize/.test(name) ? 'tokens' : 'requests';
  const all = name.split('-').filter((word) => !NOISE.has(word));
  const what = all.includes('remaining') ? 'remaining' : all.includes('reset') ? 'reset' : 'limit';
  const words = all.filter((word) => word !== 'remaining' && word !== 'reset' && word !== 'limit');
  const period = words.findLast((word) => PERIODS.has(word));
  const rest = words.filter((word) => word !== period);
  // Fireworks: `tokens-prompt`.
  if (rest[0] === 'tokens' && rest.length > 1) rest.push(rest.shift()!);
  const subject = rest.join(' ') || otherwise;
  return { of: `${ALIASES[subject] ?? subject}${period ? ` a ${period}` : ''}`, what };
}

const PERIODS = new Set(['second', 'minute', 'hour', 'day', 'week', 'month']);

function textOf(
  of: string,
  { limit, remaining, reset }: Partial<Record<Part['what'], string>>,
  now: number,
): string {
  const until = reset === undefined ? null : resetText(reset, now);
  const left = remaining === undefined ? null : numberText(remaining);
  const most = limit === undefined ? null : numberText(limit);
  const amount =
    left !== null ? (most === null ? left : `${left} of ${most}`) : most !== null && `limit ${most}`;
  return [amount ? `${amount} ${of}` : of, until].filter(Boolean).join(', ');
}

function numberText(value: string): string {
  return /^\d+(?:\.\d+)?$/.test(value) ? wholeCount(Number(value)) : value;
}

/** `reset in 8.64 s`: from `8.64s`, `6m0s`, `120ms`, seconds, or a timestamp in ISO 8601 or Unix time. */
function resetText(value: string, now: number): string {
  const ms = resetMs(value, now);
  if (ms === null) return `reset ${value}`;
  return ms <= 0 ? 'already reset' : `reset in ${duration(ms)}`;
}

function resetMs(value: string, now: number): number | null {
  const units = [...value.matchAll(/(\d+(?:\.\d+)?)(ms|[dhms])/g)];
  if (units.length > 0 && units.map(([text]) => text).join('') === value)
    return units.reduce(
      (sum, [, number, unit]) => sum + Number(number) * UNIT_MS[unit as keyof typeof UNIT_MS],
      0,
    );
  if (/^\d+(?:\.\d+)?$/.test(value)) {
    const number = Number(value);
    if (number > 1e12) return number - now;
    return number > 1e9 ? number * 1000 - now : number * 1000;
  }
  const moment = Date.parse(value);
  return Number.isNaN(moment) ? null : moment - now;
}

const UNIT_MS = { ms: 1, s: SECOND, m: MINUTE, h: HOUR, d: DAY };
