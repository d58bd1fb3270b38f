import { StateLabel } from '../components/icons.js';
import type { CallDetail } from '../../api/index.js';
import { CallCost, UnknownCost, Usd } from '../calls/call-values.js';
import { duration } from '../formats/formats.js';
import { attemptOutcome } from './facts.js';
import {
  waterfallOf,
  type AttemptRow,
  type Waterfall as Geometry,
  type WaitRow,
} from './waterfall-geometry.js';

/** Waterfall of the attempts of a call. `chosen`: index of the selected attempt. */
export function Waterfall({
  call,
  chosen,
  onChoose,
}: {
  call: CallDetail;
  chosen: number;
  onChoose: (attempt: number) => void;
}) {
  const waterfall = waterfallOf(call.record);
  const { ticks, step, end, rows } = waterfall;
  const lane = { '--tick': `${step * 100}%` };
  return (
    <div class="waterfall">
      <div class="waterfall-head" aria-hidden="true">
        <span>Attempt</span>
        <div class={ticks.length > 5 ? 'waterfall-axis dense' : 'waterfall-axis'}>
          {ticks.map(({ at, text }) => (
            <span key={text} style={{ left: percent(at) }} class={at > 0.97 ? 'last' : undefined}>
              {text}
            </span>
          ))}
        </div>
        <span class="num">Duration · cost</span>
      </div>
      <div class="waterfall-row call">
        <span>
          <b>{call.operation}</b>
          <span class="muted"> · call</span>
        </span>
        <span class="lane" style={lane} aria-hidden="true">
          <i class="call-bar" style={{ left: 0, width: percent(end) }} />
        </span>
        <span>
          <b>{duration(call.durationMs)}</b>
          <span class="muted"> · </span>
          <CallCost call={call} />
        </span>
      </div>
      {rows.map((row) =>
        row.kind === 'wait' ? (
          <Wait key={`wait ${row.to}`} row={row} lane={lane} />
        ) : (
          <Attempt
            key={row.attempt.attempt}
            row={row}
            lane={lane}
            chosen={row.attempt.attempt === chosen}
            onChoose={() => onChoose(row.attempt.attempt)}
          />
        ),
      )}
      <Key waterfall={waterfall} />
    </div>
  );
}

function Attempt({
  row: { attempt, segments, firstToken, cut, tag },
  lane,
  chosen,
  onChoose,
}: {
  row: AttemptRow;
  lane: Record<string, string>;
  chosen: boolean;
  onChoose: () => void;
}) {
  const { tone, icon, text } = attemptOutcome(attempt);
  return (
    <button class="waterfall-row" type="button" aria-pressed={chosen} onClick={onChoose}>
      <span>
        <span class="cut">
          <b>{attempt.attempt + 1}</b> <span class="muted">{attempt.requestModel ?? 'no model'}</span>
        </span>
        <StateLabel tone={tone} icon={icon}>
          {text}
        </StateLabel>
      </span>
      <span class="lane" style={lane} aria-hidden="true">
        {segments.map(({ kind, from, to }) => (
          <i key={kind} class={`piece ${kind}`} style={{ left: percent(from), width: percent(to - from) }} />
        ))}
        {firstToken !== null && <i class="pin" style={{ left: percent(firstToken) }} />}
        {cut && <i class={cut.bad ? 'cut-edge bad' : 'cut-edge'} style={{ left: percent(cut.at) }} />}
        {tag && tag.at < TAG_FITS && (
          <span class={tag.bad ? 'tag bad' : 'tag'} style={{ left: percent(tag.at) }}>
            {tag.text}
          </span>
        )}
      </span>
      <span>
        {duration(attempt.durationMs)}
        <span class="muted"> · </span>
        <AttemptCost attempt={attempt} />
      </span>
    </button>
  );
}

/** A later end leaves no room for the text, which the left column repeats. */
const TAG_FITS = 0.84;

function AttemptCost({ attempt: { usage, cost } }: { attempt: AttemptRow['attempt'] }) {
  if (usage === null) return <span class="muted">not billed</span>;
  if (usage.source === 'missing') return <UnknownCost reason="missing_usage" />;
  if (cost === null || cost.source === 'unknown') return <UnknownCost reason={cost && cost.reasonCode} />;
  return (
    <>
      {usage.source === 'estimated' && <span class="muted">~</span>}
      <Usd usd={cost.costUsd} />
    </>
  );
}

/** Wait between attempts. The text is on the side with more room. */
function Wait({ row: { from, to, text }, lane }: { row: WaitRow; lane: Record<string, string> }) {
  const after = 1 - to >= from;
  return (
    <div class="waterfall-row wait">
      <span />
      <span class="lane" style={lane}>
        <i class="wait-line" style={{ left: percent(from), width: percent(to - from) }} />
        <span
          class={after ? 'wait-text' : 'wait-text before'}
          style={after ? { left: percent(to) } : { right: percent(1 - from) }}
        >
          {text}
        </span>
      </span>
      <span />
    </div>
  );
}

/** Legend of the phases that occur. */
function Key({ waterfall: { rows } }: { waterfall: Geometry }) {
  const attempts = rows.filter((row) => row.kind === 'attempt');
  const has = (kind: string): boolean =>
    attempts.some(({ segments }) => segments.some((segment) => segment.kind === kind));
  const entries: ReadonlyArray<readonly [name: string, text: string, there: boolean]> = [
    ['piece headers', 'waiting for headers', has('headers')],
    ['piece first-token', 'waiting for the first token', has('first-token')],
    ['pin', 'first token', attempts.some(({ firstToken }) => firstToken !== null)],
    ['piece streaming', 'streaming', has('streaming')],
    ['piece whole', 'waiting for the response', has('whole')],
    ['piece refused', 'failed', has('refused')],
    ['cut-edge bad', 'cut off', attempts.some(({ cut }) => cut?.bad === true)],
    ['cut-edge', 'abandoned', attempts.some(({ cut }) => cut?.bad === false)],
    ['wait-line', 'waiting to retry', rows.some(({ kind }) => kind === 'wait')],
  ];
  return (
    <ul class="waterfall-key" aria-hidden="true">
      {entries.map(
        ([name, text, there]) =>
          there && (
            <li key={name}>
              <span>
                <i class={name} />
              </span>
              {text}
            </li>
          ),
      )}
    </ul>
  );
}

function percent(part: number): string {
  return `${part * 100}%`;
}
