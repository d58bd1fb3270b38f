import { useEffect, useState } from 'preact/hooks';
import type { Status } from '../../api/index.js';
import { Info } from '../components/icons.js';
import { lazy } from '../components/lazy.js';
import { Popup } from '../components/popup.js';
import { bytes, clockSeconds, count, counted, moment, wholeCount } from '../formats/formats.js';
import { useClock } from '../state/clock.js';
import { fleetOf, fleetText } from './fleet.js';
import { ageOfPrices, MAX_PRICE_AGE } from './price-age.js';

const FleetList = lazy(() => import('./fleet-list.js').then((module) => module.FleetList));

/** Footer: size of the store, price table, service, version and age of the data. */
export function Footer({ status }: { status: Status | null }) {
  if (!status) return null;
  const { store } = status;
  const age = ageOfPrices(status);
  const isOld = age !== null && age > MAX_PRICE_AGE;
  return (
    <footer class="foot">
      {store && <span>{kept(store, status.asOf)}</span>}
      {store && <span>{counted(droppedBy(store), 'record')} dropped</span>}
      <Fleet status={status} />
      <span class={isOld ? 'old-prices' : undefined} title={pricesTitle(status, isOld)}>
        Prices: {pricesText(status)}
      </span>
      <span class="service" title={`${serviceText(status)}. ${instanceTitle(status)}`}>
        {serviceText(status)}
      </span>
      <span>nestjs-llm-telemetry {status.version}</span>
      <Updated />
    </footer>
  );
}

/** Number of instances that share the store, with a list of them. Hidden for one instance that works. */
function Fleet({ status }: { status: Status }) {
  const fleet = fleetOf(status);
  const text = fleetText(fleet);
  if (text === null) return null;
  const behind = fleet.some((member) => member.behind);
  return (
    <span class={behind ? 'fleet-line warn' : 'fleet-line'}>
      {behind && <Info />}
      <Popup class="link" label="Instances" button={text}>
        {(close) => <FleetList fleet={fleet} status={status} close={close} />}
      </Popup>
    </span>
  );
}

/** `5 days old, 1 override`. The name of the table is in the tooltip, so that the footer is one line. */
export function pricesText(status: Pick<Status, 'prices' | 'asOf'>): string {
  const { table, overrides } = status.prices;
  const age = ageOfPrices(status);
  const which =
    age === null ? (table ?? 'the application’s own') : age === 0 ? 'of today' : `${counted(age, 'day')} old`;
  return overrides > 0 ? `${which}, ${counted(overrides, 'override')}` : which;
}

function pricesTitle({ prices }: Status, isOld: boolean): string | undefined {
  return [prices.table, isOld && OLD_PRICES].filter(Boolean).join('. ') || undefined;
}

const OLD_PRICES =
  `The price table is more than ${MAX_PRICE_AGE} days old. Update @pydantic/genai-prices, or set pricing.refresh. ` +
  'npx nestjs-llm-telemetry prices --outdated lists the changes.';

/** Age of the data. */
function Updated() {
  const { now } = useClock();
  const [age, setAge] = useState(0);
  useEffect(() => {
    setAge(0);
    const timer = setInterval(() => setAge(Math.round((Date.now() - now) / 1000)), 1000);
    return () => clearInterval(timer);
  }, [now]);
  return <span class="updated">{age < 60 ? `Updated ${age} s ago` : `Updated at ${clockSeconds(now)}`}</span>;
}

type Store = NonNullable<Status['store']>;

export function droppedBy({ dropped }: Store): number {
  return Object.values(dropped).reduce((sum, value) => sum + value, 0);
}

function kept({ kept, oldest, bytes: size, state }: Store, now: number): string {
  return [
    kept < 1e7 ? `${wholeCount(kept)} calls kept` : `${count(kept)} calls kept`,
    oldest !== null && `since ${moment(oldest, now)}`,
    state === 'memory' ? `${bytes(size)} in memory` : bytes(size),
  ]
    .filter(Boolean)
    .join(', ');
}

/** Service and the instance that responded. */
type Service = Pick<Status, 'service' | 'serviceVersion' | 'instance'>;

/** `orders-api 1.4.2 on web-1, pid 4711`. */
export function serviceText({ service, serviceVersion, instance }: Service): string {
  const name = [service ?? 'unnamed service', serviceVersion].filter(Boolean).join(' ');
  return `${name} on ${instance.host}, pid ${instance.pid}`;
}

/** Id and Node.js version of the instance. */
export function instanceTitle({ instance }: Service): string {
  return `Instance ${instance.id}, Node.js ${instance.node}`;
}
