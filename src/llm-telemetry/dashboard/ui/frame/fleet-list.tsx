import type { Status } from '../../api/index.js';
import { StateLabel } from '../components/icons.js';
import { counted, moment } from '../formats/formats.js';
import { nameText } from '../formats/names.js';
import { Link } from '../state/navigation.js';
import type { FleetMember } from './fleet.js';

/** The instances that share the store, each with a link to its calls. */
export function FleetList({
  fleet,
  status,
  close,
}: {
  fleet: readonly FleetMember[];
  status: Status;
  close: () => void;
}) {
  return (
    <ul class="fleet" onClick={close}>
      {fleet.map((member) => (
        <li key={member.instance.id}>
          <Member member={member} status={status} />
        </li>
      ))}
    </ul>
  );
}

function Member({ member, status }: { member: FleetMember; status: Status }) {
  const { asOf } = status;
  const { instance, service, version, environment, host, pid, seenAt, waiting, waitingSince } =
    member.instance;
  const name = nameText(instance, 'instance');
  const program = [service, version].filter(Boolean).join(' ');
  const place = [!name.includes(host) && host, !name.includes(String(pid)) && `pid ${pid}`];
  return (
    <Link
      class="option"
      to={{ place: { page: 'calls' }, instance: [instance ?? ''] }}
      title={`Calls of ${name}`}
    >
      <span class="cut fleet-name">{name}</span>
      {member.behind ? (
        <StateLabel tone="warn" icon="clock">
          {member.silent ? 'Not responding' : 'Behind'}
        </StateLabel>
      ) : (
        <StateLabel tone="ok" icon="check">
          OK
        </StateLabel>
      )}
      <span class="cut muted">{[program, environment, ...place].filter(Boolean).join(', ')}</span>
      <span class="muted nowrap">
        seen {member.silent ? `at ${moment(seenAt, asOf)}` : `${seconds(asOf - seenAt)} ago`}
      </span>
      {waiting > 0 && (
        <span class={member.behind ? 'fleet-waiting warn' : 'fleet-waiting muted'}>
          {counted(waiting, 'call')} {waiting === 1 ? 'waits' : 'wait'}
          {waitingSince !== null && ` since ${moment(waitingSince, asOf)}`}
        </span>
      )}
    </Link>
  );
}

/** `4 s`. Clocks of instances can differ. */
function seconds(ms: number): string {
  return `${Math.max(0, Math.round(ms / 1000))} s`;
}
