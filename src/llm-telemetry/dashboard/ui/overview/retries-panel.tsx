import type { Retries } from '../../api/index.js';
import { useMeasures } from '../api/use-measures.js';
import { DataTable } from '../components/data-table.js';
import { Panel } from '../components/panel.js';
import { counted, duration, money, moneyLike, percent, wholeCount } from '../formats/formats.js';

/** Effect and cost of retries. */
export function RetriesPanel() {
  const retries = useMeasures<Retries>('retries');
  const { data } = retries;
  return (
    <Panel span={12} title="Retries" finding={data && findingOf(data)} result={retries}>
      {data && (
        <div class="retries">
          <dl class="stats">
            <Stat name="Calls retried" value={wholeCount(data.retriedCalls)} />
            <Stat
              name="Recovered"
              value={data.retriedCalls > 0 ? percent(data.recoveredCalls / data.retriedCalls) : '—'}
            />
            <Stat name="Retry cost" value={money(data.retryCostUsd)} />
          </dl>
          <Reasons {...data} />
        </div>
      )}
    </Panel>
  );
}

/** Retries by error type of the failed attempt. */
function Reasons({ reasons }: Retries) {
  const rows = reasons.filter(({ type }) => type !== 'aborted').slice(0, 6);
  if (rows.length === 0) return null;
  const lost = moneyLike(rows.map(({ retryCostUsd }) => retryCostUsd));
  return (
    <DataTable
      label="Retries by reason"
      columns={[
        { name: 'Reason' },
        { name: 'Failed', number: true, wide: true },
        { name: 'Retries', number: true },
        { name: 'Recovered', number: true },
        { name: 'Time added', number: true },
        { name: 'Paid', number: true },
      ]}
      keys={rows.map(({ type }) => type)}
      rows={rows.map(
        ({ type, attempts, retries, retriedCalls, recoveredCalls, retryTimeMs, retryCostUsd }) => [
          type,
          wholeCount(attempts),
          wholeCount(retries),
          retriedCalls > 0 ? percent(recoveredCalls / retriedCalls) : '—',
          retries > 0 ? duration(retryTimeMs) : '—',
          retries > 0 ? lost(retryCostUsd) : '—',
        ],
      )}
    />
  );
}

function Stat({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function findingOf({ calls, retriedCalls, retries, retryTimeMs }: Retries): string {
  if (retries === 0) return 'No retries';
  const share = percent(retriedCalls / calls);
  return `${counted(retries, 'retry', 'retries')} in ${share} of calls added ${duration(retryTimeMs)}`;
}
