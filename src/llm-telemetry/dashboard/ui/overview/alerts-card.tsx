import type { AlertInstance, AlertRule, AlertsAnswer } from '../../api/index.js';
import type { Answer } from '../api/use-answer.js';
import { Failed } from '../components/panel.js';
import { StateLabel } from '../components/state-label.js';
import { counted, moment } from '../formats/formats.js';
import { Link } from '../state/navigation.js';
import {
  alertLimit,
  alertPlace,
  alertSince,
  alertSubject,
  alertTitle,
  alertValue,
  openAlerts,
} from './alert-texts.js';

/** As many as there is room for beside the verdict. */
const SHOWN = 4;

/** Is something wrong? */
export function AlertsCard({ alerts }: { alerts: Answer<AlertsAnswer> }) {
  return (
    <section class="card alerts span-7" aria-label="Alerts" aria-busy={alerts.loading}>
      {alerts.data ? <Alerts answer={alerts.data} /> : alerts.error && <Failed answer={alerts} />}
    </section>
  );
}

function Alerts({ answer }: { answer: AlertsAnswer }) {
  const open = openAlerts(answer);
  const now = answer.evaluatedAt ?? Date.now();
  if (open.length === 0) return <AllOk answer={answer} now={now} />;
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
  const { value, limit } = instance;
  return (
    <Link class="alert" to={alertPlace(rule.name, instance)} title={instance.sentence}>
      <AlertStateLabel state={instance.state} />
      <span class="cut alert-what">
        <b>{alertTitle(rule.name)}</b>
        {subject && (
          <>
            <span class="muted"> in </span>
            {subject}
          </>
        )}
      </span>
      <span class="alert-value">
        {value !== null && <b>{alertValue(value, rule.unit)}</b>}{' '}
        {limit !== null && <span class="muted">limit {alertLimit(limit, rule.unit)}</span>}
      </span>
      <span class="alert-since">{alertSince(instance, rule, now)}</span>
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

function AllOk({ answer: { alerts, lastFiredAt, evaluatedAt }, now }: { answer: AlertsAnswer; now: number }) {
  const watched = alerts.filter(({ state }) => state !== 'disabled').length;
  return (
    <Link class="alert" to={{ place: { page: 'alerts' } }}>
      {evaluatedAt === null ? (
        <StateLabel tone="quiet" icon="dot">
          Not yet
        </StateLabel>
      ) : (
        <StateLabel tone="ok" icon="check">
          All OK
        </StateLabel>
      )}
      <span class="cut">{counted(watched, 'alert')} watched</span>
      <span class="alert-value muted">
        {lastFiredAt === null ? 'none has fired' : `last fired ${moment(lastFiredAt, now)}`}
      </span>
      <span class="alert-since" />
    </Link>
  );
}
