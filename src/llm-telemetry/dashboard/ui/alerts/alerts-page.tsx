import { useRef } from 'preact/hooks';
import type { AlertFiring, AlertInstance, AlertRule, AlertsResponse } from '../../api/index.js';
import type { ApiResult } from '../api/use-api.js';
import { Chevron, StateLabel } from '../components/icons.js';
import { useKeptFocus } from '../components/hooks.js';
import { Failed, Skeleton } from '../components/panel.js';
import { clockSeconds, counted, duration, moment } from '../formats/formats.js';
import { alertPlace, alertSince, alertSubject, alertTitle, alertValues } from '../overview/alert-texts.js';
import { useClock } from '../state/clock.js';
import { Link } from '../state/navigation.js';
import { finding, STATES } from './alert-state.js';
import { formatPeriod } from '../../../units/format.js';

/** Alerts page: all rules with their instances, the firing ones first. */
export function AlertsPage({ alerts: result }: { alerts: ApiResult<AlertsResponse> }) {
  const { data, error, loading } = result;
  const list = useRef<HTMLElement>(null);
  useKeptFocus(list);
  if (data === null)
    return (
      <>
        <h1 class="sr">Alerts</h1>
        <section class="card panel span-12" aria-busy={loading}>
          {error ? <Failed result={result} /> : <Waiting />}
        </section>
      </>
    );
  return (
    <>
      <div class="alerts-head span-12">
        <h1>{finding(data)}</h1>
        <p class="muted">
          {watched(data).map((part, index) => (
            <>
              {index > 0 && ' · '}
              <span class="nowrap">{part}</span>
            </>
          ))}
        </p>
        {error && (
          <StateLabel tone="warn" icon="clock">
            Not up to date: {error.message}
          </StateLabel>
        )}
      </div>
      <section ref={list} class="card alert-rules span-12" aria-label="Alerts" aria-busy={loading}>
        <div class="alert-row head" aria-hidden="true">
          <span>State</span>
          <span>Alert</span>
          <span class="num">Value</span>
          <span class="num">Limit</span>
          <span class="num">Window</span>
          <span class="num">Since</span>
          <span />
        </div>
        {data.alerts.map((rule) => (
          <Rule key={rule.name} rule={rule} />
        ))}
      </section>
      {data.firings.length > 0 && <Firings firings={data.firings} />}
    </>
  );
}

function watched({ alerts, evaluatedAt, lastFiredAt }: AlertsResponse): readonly string[] {
  const count = alerts.filter(({ state }) => state !== 'disabled').length;
  return [
    `${counted(count, 'alert')} watched`,
    evaluatedAt === null ? 'not checked yet' : `checked at ${clockSeconds(evaluatedAt)}`,
    lastFiredAt === null ? 'none fired yet' : `last fired ${moment(lastFiredAt, Date.now())}`,
  ];
}

function Rule({ rule }: { rule: AlertRule }) {
  const open = rule.instances.filter(({ state }) => OPEN_STATES.has(state));
  const calm = rule.instances.filter(({ state }) => !OPEN_STATES.has(state));
  const shown = [...open, ...calm.slice(0, open.length > 0 ? 0 : 1)];
  const rest = calm.slice(shown.length - open.length);
  return (
    <section class="alert-rule" aria-label={alertTitle(rule.name)}>
      {shown.length === 0 && <Row rule={rule} instance={null} explained />}
      <ul>
        {shown.map((instance, index) => (
          <li key={JSON.stringify(instance.names)}>
            <Row rule={rule} instance={instance} explained={index === 0} />
          </li>
        ))}
      </ul>
      {rest.length > 0 && (
        <details>
          <summary>
            {counted(rest.length, 'other')} {rest.length === 1 ? 'is' : 'are'} OK or{' '}
            {rest.length === 1 ? 'has' : 'have'} too little data
          </summary>
          <ul>
            {rest.map((instance) => (
              <li key={JSON.stringify(instance.names)}>
                <Row rule={rule} instance={instance} explained={false} />
              </li>
            ))}
          </ul>
        </details>
      )}
    </section>
  );
}

const OPEN_STATES: ReadonlySet<AlertInstance['state']> = new Set(['firing', 'pending', 'resolved']);

/** `instance`: `null` for a rule without instances. `explained`: shows the condition of the rule. */
function Row({
  rule,
  instance,
  explained,
}: {
  rule: AlertRule;
  instance: AlertInstance | null;
  explained: boolean;
}) {
  const { now } = useClock();
  const { tone, icon, text } = STATES[instance?.state ?? rule.state];
  const [value, limit] = alertValues(instance ?? { value: null, limit: rule.limit }, rule.unit);
  const subject = instance && alertSubject(instance);
  const above = rule.fires === 'above';
  const linked = instance !== null && instance.state !== 'disabled';
  const content = (
    <>
      <StateLabel tone={tone} icon={icon}>
        {text}
      </StateLabel>
      <span class="alert-about">
        <b class={linked ? 'link' : undefined}>{alertTitle(rule.name)}</b>
        {subject && (
          <>
            <span class="muted"> in </span>
            {subject}
          </>
        )}
        {instance?.note && <span class="alert-note">{instance.note}</span>}
        {explained && <span class="alert-note">{rule.condition}</span>}
      </span>
      <span class="num">{value === null ? <Unavailable>value not known</Unavailable> : <b>{value}</b>}</span>
      <span class="num muted">
        {limit === null ? (
          <Unavailable>limit not known</Unavailable>
        ) : (
          <>
            <span class="sr">fires {above ? 'above' : 'below'} </span>
            <span aria-hidden="true">{above ? '> ' : '< '}</span>
            {limit}
          </>
        )}
      </span>
      <span class="num muted">
        {formatPeriod(rule.windowMs)}
        {rule.forMs > 0 && `, for ${formatPeriod(rule.forMs)}`}
      </span>
      <span class="num muted">{instance && <Since text={alertSince(instance, rule, now)} />}</span>
      {linked && <Chevron />}
    </>
  );
  if (!linked) return <div class="alert-row">{content}</div>;
  return (
    <Link class="alert-row" to={alertPlace(rule.name, instance)} title={instance.sentence}>
      {content}
    </Link>
  );
}

/** Hides the word “since” in the column with this heading. */
function Since({ text }: { text: string }) {
  const time = text.replace(/^since /, '');
  return (
    <>
      {time !== text && <span class="alert-since-word">since </span>}
      {time}
    </>
  );
}

function Unavailable({ children }: { children: string }) {
  return (
    <span class="muted">
      <span aria-hidden="true">—</span>
      <span class="sr">{children}</span>
    </span>
  );
}

const MOST_FIRINGS = 20;

/** History of firings, latest first. */
function Firings({ firings }: { firings: readonly AlertFiring[] }) {
  const { now } = useClock();
  return (
    <section class="card panel span-12" aria-label="History">
      <div class="panel-head">
        <h2>History</h2>
        <span class="muted">
          {firings.length > MOST_FIRINGS
            ? `the last ${MOST_FIRINGS} of ${firings.length}`
            : 'since the service started'}
        </span>
      </div>
      <ul class="firings">
        {firings.slice(0, MOST_FIRINGS).map(({ name, names, from, to }) => {
          const subject = alertSubject({ names });
          return (
            <li key={`${name} ${from} ${subject}`}>
              <span>
                <b>{alertTitle(name)}</b>
                {subject && <span class="muted"> in {subject}</span>}
              </span>
              <span class="muted">
                {moment(from, now)} – {to === null ? 'now' : moment(to, now)}
              </span>
              <span class="num">{duration((to ?? now) - from)}</span>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

function Waiting() {
  return (
    <div class="calls-waiting">
      {Array.from({ length: 10 }, (_, index) => (
        <Skeleton key={index} width={`${90 - ((index * 11) % 31)}%`} height={14} />
      ))}
    </div>
  );
}
