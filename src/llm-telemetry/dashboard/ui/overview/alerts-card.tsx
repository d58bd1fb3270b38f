import type { AlertInstance, AlertRule, AlertsResponse } from '../../api/index.js';
import { calmState } from '../alerts/alert-state.js';
import type { ApiResult } from '../api/use-api.js';
import { Chevron, StateLabel } from '../components/icons.js';
import { Failed } from '../components/panel.js';
import { counted, moment } from '../formats/formats.js';
import { Link } from '../state/navigation.js';
import { alertPlace, alertSince, alertSubject, alertTitle, alertValues, openAlerts } from './alert-texts.js';

/** Number of alerts that fit beside the verdict. */
const SHOWN = 4;

/** Card with open alerts, or the overall state. */
export function AlertsCard({ alerts }: { alerts: ApiResult<AlertsResponse> }) {
  return (
    <section class="card alerts span-7" aria-label="Alerts" aria-busy={alerts.loading}>
      {alerts.data ? <Alerts response={alerts.data} /> : alerts.error && <Failed result={alerts} />}
    </section>
  );
}

function Alerts({ response }: { response: AlertsResponse }) {
  const open = openAlerts(response);
  const now = response.evaluatedAt ?? Date.now();
  if (open.length === 0) return <NoneOpen response={response} now={now} />;
  return (
    <>
      {open.slice(0, SHOWN).map(({ rule, instance }) => (
        <AlertLine key={`${rule.name} ${JSON.stringify(instance.names)}`} {...{ rule, instance, now }} />
      ))}
      {open.length > SHOWN && (
        <Link class="alert-more link" to={{ place: { page: 'alerts' } }}>
          {open.length - SHOWN} more
        </Link>
      )}
    </>
  );
}

function AlertLine({ rule, instance, now }: { rule: AlertRule; instance: AlertInstance; now: number }) {
  const subject = alertSubject(instance);
  const [value, limit] = alertValues(instance, rule.unit);
  return (
    <Link class="alert" to={alertPlace(rule.name, instance)} title={instance.sentence}>
      <AlertStateLabel state={instance.state} />
      <span class="cut alert-what">
        <b class="link">{alertTitle(rule.name)}</b>
        {subject && (
          <>
            <span class="muted"> in </span>
            {subject}
          </>
        )}
      </span>
      <span class="alert-value">
        {value !== null && <b>{value}</b>} {limit !== null && <span class="muted">limit {limit}</span>}
      </span>
      <span class="alert-since">{alertSince(instance, rule, now)}</span>
      <Chevron />
    </Link>
  );
}

function AlertStateLabel({ state }: Pick<AlertInstance, 'state'>) {
  if (state === 'firing')
    return (
      <StateLabel tone="bad" icon="triangle">
        Firing
      </StateLabel>
    );
  if (state === 'pending')
    return (
      <StateLabel tone="warn" icon="clock">
        Pending
      </StateLabel>
    );
  return (
    <StateLabel tone="ok" icon="check">
      Resolved
    </StateLabel>
  );
}

function NoneOpen({ response, now }: { response: AlertsResponse; now: number }) {
  const { alerts, lastFiredAt } = response;
  const watched = alerts.filter(({ state }) => state !== 'disabled').length;
  const { tone, icon, text } = calmState(response);
  return (
    <Link class="alert" to={{ place: { page: 'alerts' } }}>
      <StateLabel tone={tone} icon={icon}>
        {text}
      </StateLabel>
      <span class="cut">
        <b class="link">{counted(watched, 'alert')} watched</b>
      </span>
      <span class="alert-value muted">
        {lastFiredAt === null ? 'none fired yet' : `last fired ${moment(lastFiredAt, now)}`}
      </span>
      <span class="alert-since" />
      <Chevron />
    </Link>
  );
}
